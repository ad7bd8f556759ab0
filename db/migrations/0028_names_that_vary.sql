-- SPDX-License-Identifier: Apache-2.0
-- What differs from look to look is told once, and not each time.

ALTER TABLE name_history ADD COLUMN varies {int} NOT NULL DEFAULT 0;
