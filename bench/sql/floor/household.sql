-- $1 code, $2 number
SELECT json_build_object('household', (
    SELECT json_build_object(
        'code', $1::text,
        'status', household.status,
        'members', household.members,
        'adults', household.adults,
        'workingAge', household.working_age,
        'hamlet', json_build_object('name', hamlet.name,
            'parent', json_build_object('name', commune.name,
                'parent', json_build_object('name', province.name)))
    )
    FROM household
    JOIN unit hamlet ON hamlet.id = household.hamlet_id
    JOIN unit_parentage within ON within.unit_id = hamlet.id AND within.valid_until IS NULL
    JOIN unit commune ON commune.id = within.parent_id
    JOIN unit_parentage above ON above.unit_id = commune.id AND above.valid_until IS NULL
    JOIN unit province ON province.id = above.parent_id
    WHERE household.number = $2
))::text
