-- SPDX-License-Identifier: Apache-2.0
-- How many a minute each partner may; -1: as the configuration says, 0: any number.

ALTER TABLE partner_share ADD COLUMN checks_per_min {int} NOT NULL DEFAULT -1;
ALTER TABLE partner_share ADD COLUMN requests_per_min {int} NOT NULL DEFAULT -1;
