-- SPDX-License-Identifier: Apache-2.0
-- What the operator was told, once, for as long as it lasts: of certificate authorities and of zones alike.

CREATE TABLE notice (
    kind {text} NOT NULL, -- the event that told it
    subject {text} NOT NULL,
    text {text} NOT NULL,
    told_at {int} NOT NULL,
    PRIMARY KEY (kind, subject)
) {strict};
INSERT INTO notice (kind, subject, text, told_at) SELECT 'ca.' || kind, ca, text, since_at FROM ca_notice;
INSERT INTO notice (kind, subject, text, told_at) SELECT 'dns.update_failed', zone, text, told_at FROM zone_notice;
DROP TABLE ca_notice;
DROP TABLE zone_notice;
