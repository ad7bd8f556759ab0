/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* own_record: records that an edge has made itself, to stand for one of the worker's. They have no
 * MAC: whatever is in the LMDB is not asked for it. */
#include "feed/edge_db.h"

#define OWN_BODY_MAX 1024 /* of a host, at the most of everything */

/* Kind, is_tombstone, epoch, rev, key and body of `record`; its octets may be those of the LMDB.
 * What record.h would refuse is ERR_INTERNAL. */
MUST_CHECK bool own_record_put(struct edge_tx *tx, const struct edge_record *record,
                               struct err *err);
