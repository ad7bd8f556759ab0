/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * record_write: makes records (the nginx module does not link this file). A writer that has
 * appended something which record.h would refuse says so: the result is checked by reading it.
 */
#include "edge/record.h"

/* Append a body to `out`, which must be empty. */
MUST_CHECK enum edge_fault edge_host_write(struct buf *out, const struct edge_host *host);
MUST_CHECK enum edge_fault edge_certificate_write(struct buf *out,
                                                  const struct edge_certificate *certificate);
MUST_CHECK enum edge_fault edge_chain_write(struct buf *out, const struct edge_chain *chain);
/* `origins` in any order without doubles: they are written sorted by id. */
MUST_CHECK enum edge_fault edge_settings_write(struct buf *out, struct slice check_key,
                                               const struct edge_origin *origins, size_t count);
MUST_CHECK enum edge_fault edge_end_write(struct buf *out, const struct edge_end *end);

/*
 * Append header, key and body of `record` (kind, is_tombstone, epoch, rev, key, body): what stands
 * before key id and MAC. The caller appends these two to have a whole record.
 */
MUST_CHECK enum edge_fault edge_record_write(struct buf *out, const struct edge_record *record);

/* The key of a challenge record: host 0x00 token, appended to `out`. */
MUST_CHECK enum edge_fault edge_challenge_key_write(struct buf *out, struct slice host,
                                                    struct slice token);
