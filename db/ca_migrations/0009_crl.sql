-- Certificate revocation lists (RFC 5280 section 5). Of each issuer and shard the one that was signed
-- last; is_stale: something that it is about was revoked since.
CREATE TABLE crl (
    issuer_id {text} NOT NULL REFERENCES issuer (id),
    shard {int} NOT NULL,
    number {int} NOT NULL,
    this_update {int} NOT NULL,
    is_stale {int} NOT NULL,
    der {bytes} NOT NULL,
    PRIMARY KEY (issuer_id, shard)
) {strict};

-- What is revoked alone, by the last octet of the serial, which decides the shard.
CREATE INDEX certificate_revoked ON certificate (issuer_id, substr(serial, -2))
    WHERE revoked_at IS NOT NULL;
