-- $1 surveys, $2 changes, $3 their root, $4 now; after lock.sql in one transaction
WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::text::json) AS given (
        number integer, surveyed_on date, fixed_technology text, fixed_provider text,
        mobile_generation text, smartphone smallint, trained smallint, public_service_account smallint,
        vneid_level_2 smallint, cashless smallint, haugiang_app smallint, vssid smallint, zalo smallint,
        bank_app smallint, mobile_money smallint, viettel_money smallint, cashless_electricity smallint,
        cashless_water smallint, cashless_telecom smallint
    )
), household_now AS (
    SELECT household.number, hamlet_id, adults, working_age, household.surveyed_on AS before_on
    FROM household
    WHERE household.number IN (SELECT number FROM given) AND household.status = 'ACTIVE'
), known AS MATERIALIZED (
    SELECT given.*, given.fixed_technology IS NOT DISTINCT FROM 'FIBRE' AS has_fibre,
        household_now.hamlet_id, household_now.adults, household_now.working_age, household_now.before_on
    FROM given
    JOIN household_now ON household_now.number = given.number
), written AS (
    INSERT INTO connectivity_survey (number, surveyed_on, recorded_at, actor, fixed_technology, fixed_provider,
        mobile_generation, adults, working_age,
        smartphone, trained, public_service_account, vneid_level_2, cashless, haugiang_app, vssid, zalo,
        bank_app, mobile_money, viettel_money, cashless_electricity, cashless_water, cashless_telecom)
    SELECT number, surveyed_on, $4, 'floor', fixed_technology, fixed_provider, mobile_generation, adults,
        working_age,
        smartphone, trained, public_service_account, vneid_level_2, cashless, haugiang_app, vssid, zalo,
        bank_app, mobile_money, viettel_money, cashless_electricity, cashless_water, cashless_telecom
    FROM known
), noted AS (
    UPDATE household
    SET surveyed_on = known.surveyed_on, has_fibre = known.has_fibre, fixed_provider = known.fixed_provider
    FROM known
    WHERE household.number = known.number
), change AS (
    INSERT INTO rollup (hamlet_id, month,
        households_surveyed, households_with_fibre, adults, working_age, adults_with_smartphone,
        working_age_trained, adults_with_public_service_account, adults_with_vneid_level_2,
        adults_paying_cashless, adults_using_haugiang_app, adults_using_vssid, adults_using_zalo,
        adults_using_bank_app, adults_using_mobile_money, adults_using_viettel_money,
        adults_using_cashless_electricity, adults_using_cashless_water, adults_using_cashless_telecom)
    SELECT known.hamlet_id,
        (extract(year FROM known.surveyed_on) * 12 + extract(month FROM known.surveyed_on))::integer - 1,
        count(*) - count(before.number),
        count(*) FILTER (WHERE known.has_fibre) - count(*) FILTER (WHERE before.fixed_technology = 'FIBRE'),
        sum(known.adults - coalesce(before.adults, 0)),
        sum(known.working_age - coalesce(before.working_age, 0)),
        sum(known.smartphone - coalesce(before.smartphone, 0)),
        sum(known.trained - coalesce(before.trained, 0)),
        sum(known.public_service_account - coalesce(before.public_service_account, 0)),
        sum(known.vneid_level_2 - coalesce(before.vneid_level_2, 0)),
        sum(known.cashless - coalesce(before.cashless, 0)),
        sum(known.haugiang_app - coalesce(before.haugiang_app, 0)),
        sum(known.vssid - coalesce(before.vssid, 0)), sum(known.zalo - coalesce(before.zalo, 0)),
        sum(known.bank_app - coalesce(before.bank_app, 0)),
        sum(known.mobile_money - coalesce(before.mobile_money, 0)),
        sum(known.viettel_money - coalesce(before.viettel_money, 0)),
        sum(known.cashless_electricity - coalesce(before.cashless_electricity, 0)),
        sum(known.cashless_water - coalesce(before.cashless_water, 0)),
        sum(known.cashless_telecom - coalesce(before.cashless_telecom, 0))
    FROM known
    LEFT JOIN connectivity_survey before ON before.number = known.number AND before.surveyed_on = known.before_on
    GROUP BY 1, 2
    ORDER BY 1, 2
    ON CONFLICT (hamlet_id, month) DO UPDATE SET
        households_surveyed = rollup.households_surveyed + excluded.households_surveyed,
        households_with_fibre = rollup.households_with_fibre + excluded.households_with_fibre,
        adults = rollup.adults + excluded.adults, working_age = rollup.working_age + excluded.working_age,
        adults_with_smartphone = rollup.adults_with_smartphone + excluded.adults_with_smartphone,
        working_age_trained = rollup.working_age_trained + excluded.working_age_trained,
        adults_with_public_service_account = rollup.adults_with_public_service_account + excluded.adults_with_public_service_account,
        adults_with_vneid_level_2 = rollup.adults_with_vneid_level_2 + excluded.adults_with_vneid_level_2,
        adults_paying_cashless = rollup.adults_paying_cashless + excluded.adults_paying_cashless,
        adults_using_haugiang_app = rollup.adults_using_haugiang_app + excluded.adults_using_haugiang_app,
        adults_using_vssid = rollup.adults_using_vssid + excluded.adults_using_vssid,
        adults_using_zalo = rollup.adults_using_zalo + excluded.adults_using_zalo,
        adults_using_bank_app = rollup.adults_using_bank_app + excluded.adults_using_bank_app,
        adults_using_mobile_money = rollup.adults_using_mobile_money + excluded.adults_using_mobile_money,
        adults_using_viettel_money = rollup.adults_using_viettel_money + excluded.adults_using_viettel_money,
        adults_using_cashless_electricity = rollup.adults_using_cashless_electricity + excluded.adults_using_cashless_electricity,
        adults_using_cashless_water = rollup.adults_using_cashless_water + excluded.adults_using_cashless_water,
        adults_using_cashless_telecom = rollup.adults_using_cashless_telecom + excluded.adults_using_cashless_telecom
    RETURNING hamlet_id
), counted AS (
    INSERT INTO rollup_version (hamlet_id, version)
    SELECT DISTINCT hamlet_id, 1 FROM change ORDER BY hamlet_id
    ON CONFLICT (hamlet_id) DO UPDATE SET version = rollup_version.version + 1
), event AS (
    INSERT INTO audit_event (recorded_at, actor, action, request_id, subjects, changes, changes_size, changes_root)
    SELECT $4, 'floor', 'connectivity.record', left(encode($3, 'hex'), 16), count(*), $2, 2 * count(*), $3
    FROM known
    RETURNING id
), waiting AS (
    INSERT INTO audit_waiting (event) SELECT id FROM event
)
SELECT json_build_object('recordConnectivityBatch', json_build_object(
    'recorded', (SELECT count(*) FROM known),
    'errors', '[]'::json
))::text
