-- SPDX-License-Identifier: Apache-2.0
-- What the registry of a domain said of it last (RDAP).

CREATE TABLE domain_registration (
    domain_id {text} PRIMARY KEY REFERENCES domain (id),
    is_registered {int} NOT NULL,
    states {text} NOT NULL,    -- JSON: those that keep it out of DNS, as EPP has them
    expires_at {int} NOT NULL, -- 0: not told
    seen_at {int} NOT NULL
) {strict};
