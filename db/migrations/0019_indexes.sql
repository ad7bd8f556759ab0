-- SPDX-License-Identifier: Apache-2.0
-- What is looked for without being read from the first row to the last (tests/store/test_plans.c).

CREATE INDEX session_by_created_at ON session (created_at);
CREATE INDEX api_token_of_edge ON api_token (edge_id) WHERE edge_id IS NOT NULL;
