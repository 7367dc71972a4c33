-- $1 partner, $2 month, $3 own total, $4 key, $5 lines, $6 changes, $7 their root, $8 receipt, $9 now
WITH claimed AS (
    INSERT INTO idempotency_key (actor, key, recorded_at, content_hash, outcome)
    VALUES ('floor', $4, $9, encode($7, 'hex'), $1 || '/' || period($2) || '/1')
), change AS (
    INSERT INTO certificate_version (subject, version) VALUES ($1, 1)
    ON CONFLICT (subject) DO UPDATE SET version = certificate_version.version + 1
    RETURNING version
), line AS MATERIALIZED (
    SELECT unit.id, given.issued, given.renewed, given.revoked
    FROM json_to_recordset($5::text::json) AS given (unit text, issued integer, renewed integer, revoked integer)
    JOIN unit ON unit.code = given.unit
        AND (unit.valid_from IS NULL OR unit.valid_from <= make_date($2 / 12, $2 % 12 + 1, 1))
        AND (unit.valid_until IS NULL OR unit.valid_until > make_date($2 / 12, $2 % 12 + 1, 1))
), total AS (
    SELECT sum(issued) AS issued, sum(renewed) AS renewed, sum(revoked) AS revoked, count(*) AS lines
    FROM line
), report AS (
    INSERT INTO certificate_report (partner, month, revision, state, change, submitted_at, submitted_by,
        cumulative_issued, expected_issued, issued, renewed, revoked, line_count, content_sha256, receipt,
        accepted_at)
    SELECT $1, $2, 1, 'ACCEPTED', change.version, $9, 'floor', $3, total.issued + (
            SELECT coalesce(sum(earlier.issued), 0)
            FROM certificate_report earlier
            WHERE earlier.partner = $1 AND earlier.month < $2 AND earlier.state = 'ACCEPTED'
        ), total.issued, total.renewed, total.revoked, total.lines, encode($7, 'hex'), $8, $9
    FROM change CROSS JOIN total
    RETURNING issued, state
), written AS (
    INSERT INTO certificate_report_line (partner, month, revision, unit_id, issued, renewed, revoked)
    SELECT $1, $2, 1, id, issued, renewed, revoked FROM line
), event AS (
    INSERT INTO audit_event (recorded_at, actor, action, request_id, subjects, changes, changes_size, changes_root)
    SELECT $9, 'floor', 'certificate.report', left(encode($7, 'hex'), 16), lines, $6, lines + 1, $7 FROM total
    RETURNING id
), waiting AS (
    INSERT INTO audit_waiting (event) SELECT id FROM event
)
SELECT json_build_object('submitCertificateReport', json_build_object(
    'report', json_build_object('name', $1 || '/' || period($2) || '/1', 'state', state, 'issued', issued),
    'errors', '[]'::json
))::text
FROM report
