-- $1 surveys. A statement of its own: what another batch of the same households has just written is seen only by
-- statements that begin after it is waited for.
SELECT count(*)
FROM (
    SELECT FROM household
    WHERE number IN (SELECT number FROM json_to_recordset($1::text::json) AS given (number integer))
    ORDER BY number
    FOR UPDATE
) AS locked
