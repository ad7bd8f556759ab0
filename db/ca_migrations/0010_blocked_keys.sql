-- Keys that are refused since somebody has shown one of them to revoke its certificate.
CREATE TABLE blocked_key (
    key_hash {text} PRIMARY KEY,
    blocked_at {int} NOT NULL
) {strict};

-- What else a key is in.
CREATE INDEX certificate_of_key ON certificate (key_hash);
