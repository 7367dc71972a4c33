-- $1 day of the boundaries
WITH counted AS (
    SELECT hamlet_id,
        sum(households_surveyed) AS households_surveyed,
        sum(households_with_fibre) AS households_with_fibre,
        sum(adults) AS adults,
        sum(adults_with_smartphone) AS adults_with_smartphone,
        sum(working_age) AS working_age,
        sum(working_age_trained) AS working_age_trained,
        sum(adults_with_public_service_account) AS adults_with_public_service_account,
        sum(adults_with_vneid_level_2) AS adults_with_vneid_level_2,
        sum(adults_paying_cashless) AS adults_paying_cashless,
        sum(adults_using_haugiang_app) AS adults_using_haugiang_app,
        sum(adults_using_vssid) AS adults_using_vssid,
        sum(adults_using_zalo) AS adults_using_zalo,
        sum(adults_using_bank_app) AS adults_using_bank_app,
        sum(adults_using_mobile_money) AS adults_using_mobile_money,
        sum(adults_using_viettel_money) AS adults_using_viettel_money,
        sum(adults_using_cashless_electricity) AS adults_using_cashless_electricity,
        sum(adults_using_cashless_water) AS adults_using_cashless_water,
        sum(adults_using_cashless_telecom) AS adults_using_cashless_telecom
    FROM rollup
    GROUP BY hamlet_id
), figures AS MATERIALIZED (
    SELECT parentage.parent_id AS unit_id,
        coalesce(sum(households_surveyed), 0) AS households_surveyed,
        coalesce(sum(households_with_fibre), 0) AS households_with_fibre,
        coalesce(sum(adults), 0) AS adults,
        coalesce(sum(adults_with_smartphone), 0) AS adults_with_smartphone,
        coalesce(sum(working_age), 0) AS working_age,
        coalesce(sum(working_age_trained), 0) AS working_age_trained,
        coalesce(sum(adults_with_public_service_account), 0) AS adults_with_public_service_account,
        coalesce(sum(adults_with_vneid_level_2), 0) AS adults_with_vneid_level_2,
        coalesce(sum(adults_paying_cashless), 0) AS adults_paying_cashless,
        coalesce(sum(adults_using_haugiang_app), 0) AS adults_using_haugiang_app,
        coalesce(sum(adults_using_vssid), 0) AS adults_using_vssid,
        coalesce(sum(adults_using_zalo), 0) AS adults_using_zalo,
        coalesce(sum(adults_using_bank_app), 0) AS adults_using_bank_app,
        coalesce(sum(adults_using_mobile_money), 0) AS adults_using_mobile_money,
        coalesce(sum(adults_using_viettel_money), 0) AS adults_using_viettel_money,
        coalesce(sum(adults_using_cashless_electricity), 0) AS adults_using_cashless_electricity,
        coalesce(sum(adults_using_cashless_water), 0) AS adults_using_cashless_water,
        coalesce(sum(adults_using_cashless_telecom), 0) AS adults_using_cashless_telecom
    FROM unit
    JOIN unit_parentage parentage ON parentage.parent_id = unit.id
        AND (parentage.valid_from IS NULL OR parentage.valid_from <= $1)
        AND (parentage.valid_until IS NULL OR parentage.valid_until > $1)
    LEFT JOIN counted ON counted.hamlet_id = parentage.unit_id
    WHERE unit.level = 'COMMUNE'
    GROUP BY GROUPING SETS ((parentage.parent_id), ())
), told AS (
    SELECT figures.unit_id, json_agg(json_build_object(
        'code', code,
        'numerator', numerator,
        'denominator', denominator,
        'value', numerator::float8 / nullif(denominator, 0)
    ) ORDER BY indicator.place) AS list
    FROM figures
    CROSS JOIN LATERAL (VALUES
        (1, 'ADULT_SMARTPHONE', adults_with_smartphone::bigint, adults::bigint),
        (2, 'HOUSEHOLD_FIBRE', households_with_fibre::bigint, households_surveyed::bigint),
        (3, 'DIGITAL_SKILLS', working_age_trained::bigint, working_age::bigint),
        (4, 'PUBLIC_SERVICE_ACCOUNT', adults_with_public_service_account::bigint, adults::bigint),
        (5, 'VNEID_LEVEL_2', adults_with_vneid_level_2::bigint, adults::bigint),
        (6, 'CASHLESS_PAYMENT', adults_paying_cashless::bigint, adults::bigint),
        (7, 'SERVICE_HAUGIANG_APP', adults_using_haugiang_app::bigint, adults::bigint),
        (8, 'SERVICE_VSSID', adults_using_vssid::bigint, adults::bigint),
        (9, 'SERVICE_ZALO', adults_using_zalo::bigint, adults::bigint),
        (10, 'SERVICE_BANK_APP', adults_using_bank_app::bigint, adults::bigint),
        (11, 'SERVICE_MOBILE_MONEY', adults_using_mobile_money::bigint, adults::bigint),
        (12, 'SERVICE_VIETTEL_MONEY', adults_using_viettel_money::bigint, adults::bigint),
        (13, 'SERVICE_CASHLESS_ELECTRICITY', adults_using_cashless_electricity::bigint, adults::bigint),
        (14, 'SERVICE_CASHLESS_WATER', adults_using_cashless_water::bigint, adults::bigint),
        (15, 'SERVICE_CASHLESS_TELECOM', adults_using_cashless_telecom::bigint, adults::bigint)
    ) AS indicator (place, code, numerator, denominator)
    GROUP BY figures.unit_id
)
SELECT json_build_object(
    'indicators', (SELECT list FROM told WHERE unit_id IS NULL),
    'units', json_build_object('nodes', (
        SELECT json_agg(json_build_object('code', unit.code, 'name', unit.name, 'indicators', told.list)
            ORDER BY unit.place)
        FROM told
        JOIN unit ON unit.id = told.unit_id
    ))
)::text
