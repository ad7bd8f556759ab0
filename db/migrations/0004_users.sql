-- SPDX-License-Identifier: Apache-2.0
-- People who sign in, their sessions, and the links that let one in once.

CREATE TABLE platform_user (
    id {text} PRIMARY KEY,
    partner_id {text} REFERENCES partner (id), -- NULL: the platform's operator
    account_id {text},                         -- NULL: the whole partner's
    email {text} NOT NULL,
    email_key {text} NOT NULL, -- the address, folded
    name {text} NOT NULL,
    password {text},           -- argon2id, as libsodium writes it; NULL until one is chosen
    failures {int} NOT NULL,   -- wrong passwords since the last right one
    retry_at {int},            -- no password is looked at before
    created_at {int} NOT NULL,
    FOREIGN KEY (partner_id, account_id) REFERENCES account (partner_id, id)
) {strict};
CREATE UNIQUE INDEX uq_platform_user_email_key ON platform_user (email_key);

CREATE TABLE session (
    hash {bytes} PRIMARY KEY, -- SHA-256 of what the cookie has
    user_id {text} NOT NULL REFERENCES platform_user (id),
    created_at {int} NOT NULL,
    seen_at {int} NOT NULL
) {strict};
CREATE INDEX session_of_user ON session (user_id);
CREATE INDEX session_by_seen_at ON session (seen_at);

CREATE TABLE login_link (
    hash {bytes} PRIMARY KEY, -- SHA-256 of what the link has
    user_id {text} NOT NULL REFERENCES platform_user (id),
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL
) {strict};
CREATE INDEX login_link_of_user ON login_link (user_id);
CREATE INDEX login_link_by_expires_at ON login_link (expires_at);
