-- SPDX-License-Identifier: Apache-2.0
-- At each acknowledgement of an edge: only what waits for edges is looked at, and not all that is
-- under way, of which most may wait for their owners.
CREATE INDEX issuance_waiting_for_edges ON issuance (wait_seq, id)
    WHERE state IN ('publishing', 'staging', 'deploying');
