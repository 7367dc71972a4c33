-- $1 after this number
WITH page AS MATERIALIZED (
    SELECT number, surveyed_on, hamlet_id, row_number() OVER (ORDER BY number) AS place
    FROM household
    WHERE has_fibre = false AND number > $1
    ORDER BY number
    LIMIT 51
)
SELECT json_build_object('households', json_build_object(
    'pageInfo', json_build_object(
        'hasNextPage', (SELECT count(*) > 50 FROM page),
        'endCursor', (SELECT max(number)::text FROM page WHERE place <= 50)
    ),
    'nodes', (
        SELECT coalesce(json_agg(json_build_object(
            'code', registry_code('HG', page.number),
            'surveyedOn', page.surveyed_on,
            'hamlet', json_build_object('name', hamlet.name,
                'parent', json_build_object('name', commune.name))
        ) ORDER BY page.number), '[]')
        FROM page
        JOIN unit hamlet ON hamlet.id = page.hamlet_id
        JOIN unit_parentage within ON within.unit_id = hamlet.id AND within.valid_until IS NULL
        JOIN unit commune ON commune.id = within.parent_id
        WHERE page.place <= 50
    )
))::text
