-- SPDX-License-Identifier: Apache-2.0
-- The tables of the main job: from tenants to the edges' records.
-- Instants are unix milliseconds. States are texts of src/model. JSON is text.
-- A unique index that can be violated is named uq_<table>_<first column>: an error tells that pair.
-- Tenants' tables carry both ids, and refer to their parents by (account_id, id), so that no row can
-- mix two tenants; the unique indexes <table>_of_account serve these references and the lists.

CREATE TABLE setting (
    name {text} PRIMARY KEY,
    value {text} NOT NULL
) {strict};

CREATE TABLE partner (
    id {text} PRIMARY KEY,
    name {text} NOT NULL,
    brand {text} NOT NULL,
    created_at {int} NOT NULL
) {strict};

CREATE TABLE account (
    id {text} PRIMARY KEY,
    partner_id {text} NOT NULL REFERENCES partner (id),
    name {text} NOT NULL,
    name_key {text} NOT NULL, -- the name, folded for search
    email {text} NOT NULL,
    country {text},
    state {text},
    city {text},
    created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX account_of_partner ON account (partner_id, id);

CREATE TABLE edge (
    id {text} PRIMARY KEY,
    name {text} NOT NULL,
    grp {text} NOT NULL,
    addresses {text} NOT NULL,
    http_port {int} NOT NULL,
    https_port {int} NOT NULL,
    is_in_rotation {bool} NOT NULL,
    ack_epoch {int} NOT NULL,
    ack_seq {int} NOT NULL,
    polled_at {int},
    acked_at {int},
    created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX uq_edge_name ON edge (name);

CREATE TABLE api_token (
    id {text} PRIMARY KEY,
    partner_id {text} REFERENCES partner (id),
    account_id {text},
    edge_id {text} REFERENCES edge (id),
    name {text} NOT NULL,
    hash {bytes} NOT NULL,
    scopes {text} NOT NULL,
    created_at {int} NOT NULL,
    revoked_at {int},
    FOREIGN KEY (partner_id, account_id) REFERENCES account (partner_id, id)
) {strict};
CREATE UNIQUE INDEX uq_api_token_hash ON api_token (hash);
CREATE INDEX api_token_of_partner ON api_token (partner_id, id);
CREATE INDEX api_token_of_account ON api_token (account_id, id);

CREATE TABLE address_set (
    partner_id {text} PRIMARY KEY, -- '': the platform's
    ipv4 {text} NOT NULL,
    ipv6 {text} NOT NULL,
    cname {text}
) {strict};

CREATE TABLE origin (
    id {text} PRIMARY KEY,
    address {text} NOT NULL,
    created_at {int} NOT NULL
) {strict};

CREATE TABLE site (
    id {text} PRIMARY KEY,
    partner_id {text} NOT NULL,
    account_id {text} NOT NULL,
    name {text} NOT NULL,
    name_key {text} NOT NULL,
    origin_id {text} NOT NULL REFERENCES origin (id),
    is_https_on {bool} NOT NULL,
    canonical {text} NOT NULL,
    created_at {int} NOT NULL,
    updated_at {int} NOT NULL,
    FOREIGN KEY (partner_id, account_id) REFERENCES account (partner_id, id)
) {strict};
CREATE UNIQUE INDEX site_of_account ON site (account_id, id);
CREATE INDEX site_of_partner ON site (partner_id, id);

CREATE TABLE domain (
    id {text} PRIMARY KEY,
    partner_id {text} NOT NULL,
    account_id {text} NOT NULL,
    site_id {text},
    name {text} NOT NULL,
    registered_domain {text} NOT NULL,
    is_removed {bool} NOT NULL,
    created_at {int} NOT NULL,
    FOREIGN KEY (partner_id, account_id) REFERENCES account (partner_id, id),
    FOREIGN KEY (account_id, site_id) REFERENCES site (account_id, id)
) {strict};
CREATE UNIQUE INDEX uq_domain_account_id ON domain (account_id, name) WHERE is_removed = 0;
CREATE UNIQUE INDEX domain_of_account ON domain (account_id, id);
CREATE INDEX domain_of_partner ON domain (partner_id, id);
CREATE INDEX domain_of_site ON domain (site_id, id);
CREATE INDEX domain_by_name ON domain (name);

CREATE TABLE claim (
    id {text} PRIMARY KEY,
    name {text} NOT NULL,
    domain_id {text} NOT NULL,
    partner_id {text} NOT NULL,
    account_id {text} NOT NULL,
    state {text} NOT NULL,
    created_at {int} NOT NULL,
    ended_at {int},
    FOREIGN KEY (account_id, domain_id) REFERENCES domain (account_id, id)
) {strict};
CREATE UNIQUE INDEX uq_claim_name ON claim (name) WHERE state = 'active';
CREATE INDEX claim_of_domain ON claim (domain_id, id);

CREATE TABLE cert_order (
    id {text} PRIMARY KEY,
    partner_id {text} NOT NULL,
    account_id {text} NOT NULL,
    domain_id {text} NOT NULL,
    subscription_id {text},
    state {text} NOT NULL,
    ca {text} NOT NULL,
    country {text},
    state_or_province {text},
    city {text},
    is_auto_renew {bool} NOT NULL,
    created_at {int} NOT NULL,
    placed_at {int},
    fulfilled_at {int},
    cancelled_at {int},
    FOREIGN KEY (partner_id, account_id) REFERENCES account (partner_id, id),
    FOREIGN KEY (account_id, domain_id) REFERENCES domain (account_id, id)
) {strict};
CREATE UNIQUE INDEX uq_cert_order_domain_id ON cert_order (domain_id) WHERE state = 'placed';
CREATE UNIQUE INDEX cert_order_of_account ON cert_order (account_id, id);
CREATE INDEX cert_order_of_partner ON cert_order (partner_id, id);
CREATE INDEX cert_order_of_domain ON cert_order (domain_id, id);

CREATE TABLE subscription (
    id {text} PRIMARY KEY,
    partner_id {text} NOT NULL,
    account_id {text} NOT NULL,
    domain_id {text} NOT NULL,
    order_id {text} NOT NULL,
    state {text} NOT NULL,
    term_start_at {int} NOT NULL,
    term_end_at {int} NOT NULL,
    is_auto_renew {bool} NOT NULL,
    created_at {int} NOT NULL,
    FOREIGN KEY (partner_id, account_id) REFERENCES account (partner_id, id),
    FOREIGN KEY (account_id, domain_id) REFERENCES domain (account_id, id),
    FOREIGN KEY (account_id, order_id) REFERENCES cert_order (account_id, id)
) {strict};
CREATE UNIQUE INDEX uq_subscription_domain_id ON subscription (domain_id)
    WHERE state IN ('active', 'expiring', 'grace');
CREATE UNIQUE INDEX uq_subscription_order_id ON subscription (order_id);
CREATE UNIQUE INDEX subscription_of_account ON subscription (account_id, id);
CREATE INDEX subscription_of_partner ON subscription (partner_id, id);
CREATE INDEX subscription_of_domain ON subscription (domain_id, id);

CREATE TABLE ca_account (
    id {text} PRIMARY KEY,
    ca {text} NOT NULL,
    url {text},
    sealed_key {bytes} NOT NULL,
    thumbprint {text} NOT NULL,
    state {text} NOT NULL,
    created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX uq_ca_account_ca ON ca_account (ca);

CREATE TABLE issuance (
    id {text} PRIMARY KEY,
    partner_id {text} NOT NULL,
    account_id {text} NOT NULL,
    domain_id {text} NOT NULL,
    order_id {text},
    subscription_id {text},
    reason {text} NOT NULL,
    ca {text} NOT NULL,
    created_at {int} NOT NULL,
    state {text} NOT NULL,
    ca_account_id {text} REFERENCES ca_account (id),
    certificate_id {text}, -- allocated before there is a certificate
    key_type {text},
    sealed_key {bytes},
    public_key {bytes},
    csr {bytes},
    intent {text},
    acme_order_url {text},
    finalize_url {text},
    certificate_url {text},
    wait_seq {int},
    attempts {int} NOT NULL,
    error_code {text},
    error_text {text},
    problem {text},
    next_try_at {int},
    checked_at {int},
    ordered_at {int},
    published_at {int},
    validated_at {int},
    issued_at {int},
    deployed_at {int},
    live_at {int},
    version {int} NOT NULL,
    FOREIGN KEY (partner_id, account_id) REFERENCES account (partner_id, id),
    FOREIGN KEY (account_id, domain_id) REFERENCES domain (account_id, id),
    FOREIGN KEY (account_id, order_id) REFERENCES cert_order (account_id, id),
    FOREIGN KEY (account_id, subscription_id) REFERENCES subscription (account_id, id)
) {strict};
CREATE UNIQUE INDEX issuance_of_account ON issuance (account_id, id);
CREATE INDEX issuance_of_partner ON issuance (partner_id, id);
CREATE INDEX issuance_of_domain ON issuance (domain_id, id);

CREATE TABLE issuance_name (
    issuance_id {text} NOT NULL REFERENCES issuance (id),
    name {text} NOT NULL,
    dns_state {text} NOT NULL,
    finding {text},
    authorization_url {text},
    challenge_url {text},
    token {text},
    challenge_state {text},
    PRIMARY KEY (issuance_id, name)
) {strict};

CREATE TABLE certificate (
    id {text} PRIMARY KEY,
    partner_id {text} NOT NULL,
    account_id {text} NOT NULL,
    domain_id {text} NOT NULL,
    issuance_id {text} NOT NULL,
    serial {text} NOT NULL,
    names {text} NOT NULL,
    not_before_at {int} NOT NULL,
    not_after_at {int} NOT NULL,
    issuer {text} NOT NULL,
    leaf {bytes} NOT NULL,
    chain {bytes} NOT NULL,
    sealed_key {bytes} NOT NULL,
    key_type {text} NOT NULL,
    key_fingerprint {text} NOT NULL,
    trust {text} NOT NULL,
    state {text} NOT NULL,
    created_at {int} NOT NULL,
    FOREIGN KEY (partner_id, account_id) REFERENCES account (partner_id, id),
    FOREIGN KEY (account_id, domain_id) REFERENCES domain (account_id, id),
    FOREIGN KEY (account_id, issuance_id) REFERENCES issuance (account_id, id)
) {strict};
CREATE UNIQUE INDEX uq_certificate_issuance_id ON certificate (issuance_id);
CREATE UNIQUE INDEX uq_certificate_domain_id ON certificate (domain_id) WHERE state = 'live';
CREATE INDEX certificate_of_account ON certificate (account_id, id);
CREATE INDEX certificate_of_partner ON certificate (partner_id, id);
CREATE INDEX certificate_of_domain ON certificate (domain_id, id);

CREATE TABLE job (
    id {text} PRIMARY KEY,
    kind {text} NOT NULL,
    subject_id {text} NOT NULL,
    run_at {int} NOT NULL,
    wake_at {int}, -- the earliest time asked for since the last claim
    lease_until {int},
    lease_boot {text},
    lease_owner {text},
    fence {int} NOT NULL,
    attempts {int} NOT NULL,
    last_error {text},
    created_at {int} NOT NULL
) {strict};
CREATE UNIQUE INDEX uq_job_kind ON job (kind, subject_id);
CREATE INDEX job_by_run_at ON job (run_at, id);
CREATE INDEX job_of_subject ON job (subject_id);

CREATE TABLE check_run (
    id {text} PRIMARY KEY,
    partner_id {text} REFERENCES partner (id),
    account_id {text},
    domain_id {text},
    name {text} NOT NULL,
    at {int} NOT NULL,
    verdict {text} NOT NULL,
    findings {text} NOT NULL,
    FOREIGN KEY (partner_id, account_id) REFERENCES account (partner_id, id),
    FOREIGN KEY (account_id, domain_id) REFERENCES domain (account_id, id)
) {strict};
CREATE INDEX check_run_of_domain ON check_run (domain_id, id);

CREATE TABLE edge_proof (
    issuance_id {text} NOT NULL REFERENCES issuance (id),
    edge_id {text} NOT NULL REFERENCES edge (id),
    name {text} NOT NULL,
    address {text} NOT NULL,
    serial {text},
    is_ok {bool} NOT NULL,
    at {int} NOT NULL,
    detail {text},
    PRIMARY KEY (issuance_id, edge_id, name, address)
) {strict};

CREATE TABLE feed_head (
    grp {text} PRIMARY KEY,
    epoch {int} NOT NULL,
    seq {int} NOT NULL,
    tombstone_floor {int} NOT NULL
) {strict};

CREATE TABLE edge_record (
    grp {text} NOT NULL REFERENCES feed_head (grp),
    key {bytes} NOT NULL,
    epoch {int} NOT NULL,
    rev {int} NOT NULL,
    seq {int}, -- NULL only inside of the transaction that stores the record
    is_tombstone {bool} NOT NULL,
    bytes {bytes} NOT NULL,
    PRIMARY KEY (grp, key)
) {strict};
CREATE UNIQUE INDEX uq_edge_record_grp ON edge_record (grp, seq);

CREATE TABLE event (
    seq {identity},
    id {text} NOT NULL,
    partner_id {text} REFERENCES partner (id),
    account_id {text},
    domain_id {text},
    subject_id {text} NOT NULL,
    at {int} NOT NULL,
    kind {text} NOT NULL,
    text {text} NOT NULL,
    data {text},
    FOREIGN KEY (partner_id, account_id) REFERENCES account (partner_id, id),
    FOREIGN KEY (account_id, domain_id) REFERENCES domain (account_id, id)
) {strict};
CREATE UNIQUE INDEX uq_event_id ON event (id);
CREATE INDEX event_of_partner ON event (partner_id, seq);
CREATE INDEX event_of_account ON event (account_id, seq);
CREATE INDEX event_of_domain ON event (domain_id, seq);

CREATE TABLE idempotency (
    token_id {text} NOT NULL REFERENCES api_token (id),
    key {text} NOT NULL,
    request_hash {bytes} NOT NULL,
    status {int} NOT NULL,
    body {text} NOT NULL,
    created_at {int} NOT NULL,
    PRIMARY KEY (token_id, key)
) {strict};
CREATE INDEX idempotency_by_created_at ON idempotency (created_at);
