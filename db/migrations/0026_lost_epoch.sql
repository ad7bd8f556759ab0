-- SPDX-License-Identifier: Apache-2.0
-- What edges say of lost certificates is believed once for each restore, of each domain.

ALTER TABLE lost_certificate ADD COLUMN epoch {int} NOT NULL DEFAULT 0;
