-- SPDX-License-Identifier: Apache-2.0
-- How each certificate authority does, told by every worker to the others: failures of its own in a
-- row, since when nothing is asked of it any more, and when the next try is.

CREATE TABLE ca_standing (
    ca {text} PRIMARY KEY, -- its id in the configuration
    failures {int} NOT NULL,
    failing_since_at {int} NOT NULL,
    open_since_at {int} NOT NULL, -- 0: it is asked
    tries {int} NOT NULL,
    next_try_at {int} NOT NULL,
    is_trying {bool} NOT NULL,
    error_text {text}, -- of the last failure
    version {int} NOT NULL
) {strict};
CREATE INDEX issuance_of_silent_ca ON issuance (ca) WHERE ca_failures > 0;

-- What the operator was told about one, once, for as long as it lasts.
CREATE TABLE ca_notice (
    ca {text} NOT NULL,
    kind {text} NOT NULL,
    text {text} NOT NULL,
    since_at {int} NOT NULL,
    PRIMARY KEY (ca, kind)
) {strict};

-- Where a certificate was issued, and so is renewed.
ALTER TABLE certificate ADD COLUMN ca {text} NOT NULL DEFAULT '';
UPDATE certificate SET ca = COALESCE(
    (SELECT ca FROM issuance WHERE issuance.id = certificate.issuance_id), '');
CREATE INDEX certificate_live_of_ca ON certificate (ca, not_after_at, id) WHERE state = 'live';
