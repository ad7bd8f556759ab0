-- SPDX-License-Identifier: Apache-2.0
-- Validation by DNS: the label that a name is delegated to under its present claim, how each name of
-- an issuance is proven, and the values that stand in zones of ours until they are taken out again.

ALTER TABLE claim ADD COLUMN label {text}; -- NULL: of a claim from before, until it is needed
CREATE UNIQUE INDEX uq_claim_label ON claim (label);

ALTER TABLE issuance_name ADD COLUMN challenge_type {text}; -- NULL: no challenge is known

CREATE TABLE dns_value (
    owner {text} NOT NULL, -- the name of the TXT record, in a zone of ours
    value {text} NOT NULL,
    zone {text} NOT NULL,
    domain_id {text} NOT NULL REFERENCES domain (id),
    issuance_id {text} NOT NULL REFERENCES issuance (id),
    state {text} NOT NULL,
    created_at {int} NOT NULL,
    put_at {int}, -- when the zone had taken it
    PRIMARY KEY (owner, value)
) {strict};
CREATE INDEX dns_value_of_issuance ON dns_value (issuance_id);
CREATE INDEX dns_value_of_domain ON dns_value (domain_id, state);
