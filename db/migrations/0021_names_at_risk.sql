-- SPDX-License-Identifier: Apache-2.0
-- Since when a name that a live certificate has does not pass, and since when that counts.

ALTER TABLE domain_name ADD COLUMN failing_at {int};
ALTER TABLE domain_name ADD COLUMN risk_at {int};
