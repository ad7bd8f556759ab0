-- The sandbox CA's own database (RFC 8555 section 7.1). Rows are never deleted, so ids are not used
-- again. Instants are unix milliseconds.

-- key_hash: the same for the same key in any encoding; a deactivated account keeps its key.
CREATE TABLE account (
    id {int} PRIMARY KEY,
    key_hash {text} NOT NULL UNIQUE,
    jwk {text} NOT NULL,
    status {text} NOT NULL,
    contact {text} NOT NULL,
    created_at {int} NOT NULL
) {strict};

-- names: sorted, lower case, with commas between. error: a problem document. csr: from finalize on.
CREATE TABLE acme_order (
    id {int} PRIMARY KEY,
    account_id {int} NOT NULL REFERENCES account (id),
    status {text} NOT NULL,
    names {text} NOT NULL,
    error {text},
    csr {bytes},
    serial {text},
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL
) {strict};

CREATE INDEX acme_order_open ON acme_order (account_id, names)
    WHERE status IN ('pending', 'ready');
CREATE INDEX acme_order_processing ON acme_order (id) WHERE status = 'processing';

CREATE TABLE acme_authorization (
    id {int} PRIMARY KEY,
    account_id {int} NOT NULL REFERENCES account (id),
    name {text} NOT NULL,
    status {text} NOT NULL,
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL
) {strict};

CREATE INDEX acme_authorization_valid ON acme_authorization (account_id, name)
    WHERE status = 'valid';

CREATE TABLE order_authorization (
    order_id {int} NOT NULL REFERENCES acme_order (id),
    authorization_id {int} NOT NULL REFERENCES acme_authorization (id),
    PRIMARY KEY (order_id, authorization_id)
) {strict};

CREATE INDEX order_authorization_back ON order_authorization (authorization_id);

-- error: a problem document. record: what was connected to (validationRecord), as JSON.
CREATE TABLE challenge (
    id {int} PRIMARY KEY,
    authorization_id {int} NOT NULL REFERENCES acme_authorization (id),
    type {text} NOT NULL,
    token {text} NOT NULL,
    status {text} NOT NULL,
    error {text},
    record {text},
    validated_at {int}
) {strict};

CREATE INDEX challenge_of_authorization ON challenge (authorization_id);
CREATE INDEX challenge_processing ON challenge (id) WHERE status = 'processing';

-- An intermediate that has signed: id is the SHA-256 of its DER, chain_pem what follows a leaf.
CREATE TABLE issuer (
    id {text} PRIMARY KEY,
    chain_pem {text} NOT NULL,
    created_at {int} NOT NULL
) {strict};

-- One order has one certificate, whatever happens in between.
CREATE TABLE certificate (
    serial {text} PRIMARY KEY,
    order_id {int} NOT NULL UNIQUE REFERENCES acme_order (id),
    account_id {int} NOT NULL REFERENCES account (id),
    issuer_id {text} NOT NULL REFERENCES issuer (id),
    names {text} NOT NULL,
    der {bytes} NOT NULL,
    key_hash {text} NOT NULL,
    not_before {int} NOT NULL,
    not_after {int} NOT NULL,
    created_at {int} NOT NULL,
    revoked_at {int},
    revocation_reason {int}
) {strict};

CREATE TABLE journal (
    id {int} PRIMARY KEY,
    at {int} NOT NULL,
    account_id {int} REFERENCES account (id),
    kind {text} NOT NULL,
    subject {text} NOT NULL,
    detail {text} NOT NULL
) {strict};

CREATE INDEX journal_of_account ON journal (account_id, id);
