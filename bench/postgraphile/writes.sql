-- Mutations: the floor's own statements as functions, so that the same rows are written. What stands in braces is
-- filled in from ../sql/floor.

-- Bytes in place of an event's packed changes; as many as the registry's.
CREATE TABLE prepared_event (action text PRIMARY KEY, changes bytea NOT NULL, receipt text);
COMMENT ON TABLE prepared_event IS E'@behavior -*';

CREATE FUNCTION written_report(text, integer, bigint, text, text, bytea, bytea, text, timestamptz) RETURNS text
LANGUAGE sql AS $body$
{report}
$body$;
COMMENT ON FUNCTION written_report IS E'@behavior -*';
CREATE FUNCTION submit_report(partner text, month integer, total bigint, key text, lines json) RETURNS json
LANGUAGE sql AS $$
    SELECT written_report(partner, month, total, key, lines::text, changes, sha256(key::bytea), receipt, now())::json
    FROM prepared_event WHERE action = 'certificate.report'
$$;

CREATE FUNCTION written_surveys(text, bytea, bytea, timestamptz) RETURNS text
LANGUAGE sql AS $body$
{lock};
{surveys}
$body$;
COMMENT ON FUNCTION written_surveys IS E'@behavior -*';
CREATE FUNCTION record_surveys(surveys json) RETURNS json LANGUAGE sql AS $$
    SELECT written_surveys(surveys::text, changes, sha256(surveys::text::bytea), now())::json
    FROM prepared_event WHERE action = 'connectivity.record'
$$;
