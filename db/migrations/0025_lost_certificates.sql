-- SPDX-License-Identifier: Apache-2.0
-- Certificates that edges show and a store that was restored from an older copy does not have.

ALTER TABLE edge_report ADD COLUMN kept_count {int} NOT NULL DEFAULT 0;
ALTER TABLE edge_report ADD COLUMN kept_hosts {text} NOT NULL DEFAULT '[]';

CREATE TABLE lost_certificate (
    domain_id {text} PRIMARY KEY REFERENCES domain (id),
    certificate_id {text} NOT NULL, -- of the life that is lost
    issued_at {int} NOT NULL,
    renewal_id {text}, -- RFC 9773, section 4.1
    told_at {int} NOT NULL
) {strict};
