-- What somebody who serves these tables by hand would add to them: levels and the Vietnamese order of units as
-- columns, and an index for every condition. Run on a copy; the registry's own database stays as it is.

CREATE COLLATION vietnamese (provider = icu, locale = 'vi-u-kn-true');

ALTER TABLE unit ADD COLUMN level text, ADD COLUMN place integer;
UPDATE unit SET level = CASE
    WHEN title IN ('tỉnh', 'thành phố trực thuộc trung ương') THEN 'PROVINCE'
    WHEN title IN ('thành phố', 'thị xã', 'huyện') THEN 'DISTRICT'
    WHEN title IN ('xã', 'phường', 'thị trấn') THEN 'COMMUNE'
    ELSE 'HAMLET'
END;
UPDATE unit SET place = ordered.place
FROM (
    SELECT id, row_number() OVER (
        ORDER BY array_position(ARRAY['PROVINCE', 'DISTRICT', 'COMMUNE', 'HAMLET'], level),
            name COLLATE vietnamese, code, id
    ) AS place
    FROM (
        SELECT id, level, code, CASE
            WHEN lower(left(name, length(title) + 1)) = title || ' ' THEN substr(name, length(title) + 2)
            ELSE name
        END AS name
        FROM unit
    ) AS named
) AS ordered
WHERE ordered.id = unit.id;

CREATE INDEX unit_level ON unit (level, place);
CREATE INDEX unit_parentage_now ON unit_parentage (unit_id) INCLUDE (parent_id) WHERE valid_until IS NULL;
CREATE INDEX unit_parentage_unit ON unit_parentage (unit_id);
CREATE INDEX unit_parentage_parent ON unit_parentage (parent_id);
CREATE INDEX certificate_report_line_unit ON certificate_report_line (unit_id, month);

-- A registry code: two letters, six digits, and their check by ISO 7064 MOD 97-10.
CREATE FUNCTION registry_code(letters text, number integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN letters || lpad(number::text, 6, '0') || lpad((98 - (
    (((ascii(left(letters, 1)) - 55) * 100 + ascii(right(letters, 1)) - 55) * 1000000::bigint + number) * 100 % 97
))::text, 2, '0');

CREATE FUNCTION period(month integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (month / 12)::text || '-' || lpad((month % 12 + 1)::text, 2, '0');
