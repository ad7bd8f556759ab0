-- SPDX-License-Identifier: Apache-2.0
-- What an edge counts for, what was seen at its addresses, and when live certificates are looked at
-- on the wire again.

ALTER TABLE edge ADD COLUMN following_at {int};
ALTER TABLE edge ADD COLUMN moved_at {int};
ALTER TABLE edge ADD COLUMN standing {text} NOT NULL DEFAULT 'counted';
ALTER TABLE edge ADD COLUMN standing_at {int} NOT NULL DEFAULT 0;
ALTER TABLE edge ADD COLUMN rejoin_epoch {int} NOT NULL DEFAULT 0;
ALTER TABLE edge ADD COLUMN rejoin_seq {int} NOT NULL DEFAULT 0;
ALTER TABLE edge ADD COLUMN rejoined_at {int};
ALTER TABLE edge ADD COLUMN tried_at {int};
ALTER TABLE edge ADD COLUMN failed_tries {int} NOT NULL DEFAULT 0;
ALTER TABLE edge ADD COLUMN unanswered_at {int};
ALTER TABLE edge ADD COLUMN try_text {text};

ALTER TABLE certificate ADD COLUMN sampled_at {int} NOT NULL DEFAULT 0;
ALTER TABLE certificate ADD COLUMN sample_at {int} NOT NULL DEFAULT 0;
CREATE INDEX certificate_by_sampled_at ON certificate (sampled_at) WHERE state = 'live';
CREATE INDEX certificate_by_sample_at ON certificate (sample_at) WHERE state = 'live';
