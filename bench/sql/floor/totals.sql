-- $1 code of a unit on $2, $3 last month
WITH RECURSIVE within AS (
    SELECT id FROM unit
    WHERE code = $1 AND (valid_from IS NULL OR valid_from <= $2) AND (valid_until IS NULL OR valid_until > $2)
    UNION ALL
    SELECT unit.id
    FROM within
    JOIN unit_parentage parentage ON parentage.parent_id = within.id
    JOIN unit ON unit.id = parentage.unit_id
    WHERE unit.level <> 'HAMLET'
        AND (parentage.valid_from IS NULL OR parentage.valid_from <= $2)
        AND (parentage.valid_until IS NULL OR parentage.valid_until > $2)
)
SELECT json_build_object('certificateTotals', coalesce(json_agg(json_build_object(
    'partner', json_build_object('code', partner),
    'period', period(month),
    'issued', issued,
    'renewed', renewed,
    'revoked', revoked
) ORDER BY partner, month), '[]'))::text
FROM (
    SELECT partner, month, sum(line.issued) AS issued, sum(line.renewed) AS renewed,
        sum(line.revoked) AS revoked
    FROM within
    JOIN certificate_report_line line ON line.unit_id = within.id
    JOIN certificate_report report USING (partner, month, revision)
    WHERE report.state = 'ACCEPTED' AND month <= $3
    GROUP BY partner, month
) AS total
