-- SPDX-License-Identifier: Apache-2.0
-- Renewal, revocation, and the end of certificates.
-- `ended_at`: since when it is not the live one any more. `revoke_reason`: that it shall be revoked
-- at its CA, and why; `revoked_at`: that it is.

ALTER TABLE certificate ADD COLUMN ended_at {int};
ALTER TABLE certificate ADD COLUMN revoke_reason {text};
ALTER TABLE certificate ADD COLUMN revoked_at {int};
CREATE INDEX certificate_by_not_after ON certificate (not_after_at)
    WHERE state IN ('issued', 'live', 'superseded');
CREATE INDEX certificate_live ON certificate (id) WHERE state = 'live';

ALTER TABLE issuance ADD COLUMN is_replaces_refused {bool} NOT NULL DEFAULT 0;
ALTER TABLE issuance ADD COLUMN ca_failures {int} NOT NULL DEFAULT 0;

CREATE TABLE certificate_renewal (
    certificate_id {text} PRIMARY KEY REFERENCES certificate (id),
    source {text} NOT NULL,
    window_start_at {int} NOT NULL,
    window_end_at {int} NOT NULL,
    explanation_url {text},
    drawn_at {int} NOT NULL,
    renew_at {int} NOT NULL,
    poll_at {int}, -- NULL: never
    poll_failures {int} NOT NULL,
    poll_error {text}
) {strict};
