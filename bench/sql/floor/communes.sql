-- $1 day, $2 first month, $3 last month
WITH belongs AS MATERIALIZED (
    SELECT unit_id, parent_id
    FROM unit_parentage
    WHERE (valid_from IS NULL OR valid_from <= $1) AND (valid_until IS NULL OR valid_until > $1)
), hamlets AS (
    SELECT belongs.parent_id,
        json_agg(json_build_object('code', unit.code, 'name', unit.name) ORDER BY unit.place) AS list
    FROM unit
    JOIN belongs ON belongs.unit_id = unit.id
    WHERE unit.level = 'HAMLET'
    GROUP BY belongs.parent_id
), reports AS (
    SELECT line.unit_id, json_agg(json_build_object(
        'partner', json_build_object('code', line.partner),
        'period', period(line.month),
        'issued', line.issued,
        'renewed', line.renewed,
        'revoked', line.revoked
    ) ORDER BY line.partner, line.month) AS list
    FROM certificate_report report
    JOIN certificate_report_line line USING (partner, month, revision)
    WHERE report.state = 'ACCEPTED' AND report.month BETWEEN $2 AND $3
    GROUP BY line.unit_id
)
SELECT json_build_object('units', json_build_object('nodes', json_agg(json_build_object(
    'code', commune.code,
    'name', commune.name,
    'children', json_build_object('nodes', coalesce(hamlets.list, '[]')),
    'certificates', coalesce(reports.list, '[]')
) ORDER BY commune.place)))::text
FROM unit commune
LEFT JOIN hamlets ON hamlets.parent_id = commune.id
LEFT JOIN reports ON reports.unit_id = commune.id
WHERE commune.level = 'COMMUNE'
    AND (commune.valid_from IS NULL OR commune.valid_from <= $1)
    AND (commune.valid_until IS NULL OR commune.valid_until > $1)
