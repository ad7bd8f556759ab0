-- SPDX-License-Identifier: Apache-2.0
-- The names of a domain, its aliases among them, each with the last look at it; and which names of an
-- issuance its certificate is asked for.

CREATE TABLE domain_name (
    domain_id {text} NOT NULL REFERENCES domain (id),
    name {text} NOT NULL,
    is_alias {bool} NOT NULL,
    created_at {int} NOT NULL,
    dns_state {text} NOT NULL,
    finding {text},
    passed_at {int},
    checked_at {int},
    next_look_at {int},
    held_until {int},
    is_told {bool} NOT NULL,
    PRIMARY KEY (domain_id, name)
) {strict};
INSERT INTO domain_name (domain_id, name, is_alias, created_at, dns_state, is_told)
    SELECT domain_id, name, 0, created_at, 'unchecked', 0 FROM claim WHERE state = 'active';

ALTER TABLE issuance_name ADD COLUMN is_chosen {bool} NOT NULL DEFAULT 0;
UPDATE issuance_name SET is_chosen = 1
    WHERE issuance_id IN (SELECT id FROM issuance WHERE state <> 'waiting_dns');

CREATE TABLE name_leaving (
    name {text} NOT NULL,
    domain_id {text} NOT NULL REFERENCES domain (id),
    PRIMARY KEY (name, domain_id)
) {strict};
CREATE INDEX name_leaving_of_domain ON name_leaving (domain_id);
