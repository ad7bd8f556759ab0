-- SPDX-License-Identifier: Apache-2.0
-- Our own copy of the rate limits of the certificate authorities: a certificate is asked for when
-- there is room, and whoever must wait stands in a line that partners share fairly.

CREATE TABLE rate_bucket (
    ca {text} NOT NULL,
    limit_name {text} NOT NULL,
    subject {text} NOT NULL, -- what it counts for: a name, a registered domain, a set of names; or ''
    tat_us {int} NOT NULL,   -- when it is full again (GCRA), in microseconds
    PRIMARY KEY (ca, limit_name, subject)
) {strict};
CREATE INDEX rate_bucket_by_tat ON rate_bucket (tat_us);

-- What an attempt has taken, to be given back when the certificate authority does not count it.
CREATE TABLE rate_spent (
    issuance_id {text} NOT NULL REFERENCES issuance (id),
    limit_name {text} NOT NULL,
    subject {text} NOT NULL,
    PRIMARY KEY (issuance_id, limit_name, subject)
) {strict};

CREATE TABLE admission_line (
    issuance_id {text} PRIMARY KEY REFERENCES issuance (id),
    ca {text} NOT NULL,
    partner_id {text} NOT NULL,
    class {int} NOT NULL, -- 0: what is served would run out; 1: new
    tag {int} NOT NULL    -- of weighted fair queueing: the lowest is next
) {strict};
CREATE INDEX admission_line_in_order ON admission_line (ca, class, tag, issuance_id);
CREATE INDEX admission_line_of_partner ON admission_line (ca, partner_id, tag);
