-- Rows that have ended are deleted (src/ca/tidy.h), but never the newest of a table, so that ids are
-- still not used again.

CREATE INDEX acme_order_ended ON acme_order (expires_at)
    WHERE status IN ('pending', 'ready', 'invalid');
CREATE INDEX acme_authorization_ended ON acme_authorization (expires_at);
CREATE INDEX rate_bucket_ended ON rate_bucket (tat_us);

-- The one that is valid longest is found without sorting.
DROP INDEX acme_authorization_valid;
CREATE INDEX acme_authorization_valid ON acme_authorization (account_id, name, profile, expires_at)
    WHERE status = 'valid';
