-- SPDX-License-Identifier: Apache-2.0
-- A store that was restored from an older copy, and what edges say of themselves.

ALTER TABLE feed_head ADD COLUMN ahead_epoch {int} NOT NULL DEFAULT 0; -- of an edge that is ahead
ALTER TABLE feed_head ADD COLUMN restored_at {int} NOT NULL DEFAULT 0; -- 0: it never was

CREATE TABLE edge_report (
    edge_id {text} PRIMARY KEY REFERENCES edge (id),
    at {int} NOT NULL,
    trouble {text}, -- why it cannot take more
    unknown_count {int} NOT NULL,
    unknown_hosts {text} NOT NULL
) {strict};
