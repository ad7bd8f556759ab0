-- SPDX-License-Identifier: Apache-2.0
-- What looks have seen of the names of a domain: a row where something differs from the last one.

CREATE TABLE name_history (
    seq {identity},
    id {text} NOT NULL,
    partner_id {text} NOT NULL,
    account_id {text} NOT NULL,
    domain_id {text} NOT NULL,
    name {text} NOT NULL,
    at {int} NOT NULL,
    dns_state {text} NOT NULL,
    code {text}, -- of the finding
    title {text},
    seen {text} NOT NULL, -- JSON: records, and who has answered
    FOREIGN KEY (account_id, domain_id) REFERENCES domain (account_id, id)
) {strict};
CREATE UNIQUE INDEX uq_name_history_id ON name_history (id);
CREATE INDEX name_history_of_domain ON name_history (domain_id, seq);
