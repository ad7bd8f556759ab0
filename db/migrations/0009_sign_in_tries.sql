-- SPDX-License-Identifier: Apache-2.0
-- Tries to sign in are counted by the address that was typed, whether anybody has it or not, and by
-- where they come from.

CREATE TABLE sign_in_try (
    key {bytes} PRIMARY KEY, -- SHA-256 of what is counted
    tries {int} NOT NULL,    -- since the last right password
    tried_at {int} NOT NULL,
    retry_at {int} NOT NULL  -- no password is looked at before
) {strict};
CREATE INDEX sign_in_try_by_tried_at ON sign_in_try (tried_at);

ALTER TABLE platform_user DROP COLUMN failures;
ALTER TABLE platform_user DROP COLUMN retry_at;
