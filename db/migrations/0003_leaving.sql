-- SPDX-License-Identifier: Apache-2.0
-- What is left of a certificate that is not wanted any more, until it is cleared away.
-- `order_at_ca`: our orders at a CA. Through them their authorizations are given up and their
-- certificates revoked; a row goes when that is done.
-- `edge_withdrawal`: records that the edges must delete; a row goes when they have.

CREATE TABLE order_at_ca (
    url {text} PRIMARY KEY,
    ca {text} NOT NULL,
    ca_account_id {text} NOT NULL REFERENCES ca_account (id),
    domain_id {text} NOT NULL REFERENCES domain (id),
    issuance_id {text} NOT NULL REFERENCES issuance (id),
    state {text} NOT NULL,
    created_at {int} NOT NULL
) {strict};
CREATE INDEX order_at_ca_of_domain ON order_at_ca (domain_id, url);
CREATE INDEX order_at_ca_of_issuance ON order_at_ca (issuance_id);
CREATE INDEX order_at_ca_by_created_at ON order_at_ca (created_at);
INSERT INTO order_at_ca (url, ca, ca_account_id, domain_id, issuance_id, state, created_at)
    SELECT acme_order_url, ca, ca_account_id, domain_id, id, 'held', created_at FROM issuance
    WHERE acme_order_url IS NOT NULL AND ca_account_id IS NOT NULL
    ON CONFLICT (url) DO NOTHING;
CREATE INDEX issuance_name_by_name ON issuance_name (name);

CREATE TABLE edge_withdrawal (
    domain_id {text} NOT NULL REFERENCES domain (id),
    key {bytes} NOT NULL, -- as edge_record.key
    seq {int}, -- of the feed, once its deletion is in it
    PRIMARY KEY (domain_id, key)
) {strict};
