-- SPDX-License-Identifier: Apache-2.0
-- Places in the feed that no store ever gave away: a cursor there is of a life that is lost.

CREATE TABLE feed_gap (
    grp {text} NOT NULL REFERENCES feed_head (grp),
    epoch {int} NOT NULL,
    after_seq {int} NOT NULL, -- the last place before it
    to_seq {int} NOT NULL, -- the first after it
    PRIMARY KEY (grp, epoch, after_seq)
) {strict};
