/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * agent: keeps the LMDB of one edge in step with the feed of its group. What the
 * worker has signed is stored, and nginx goes by it; it decides nothing but that no host goes back
 * to an earlier certificate because the store was restored (kept.h).
 *
 *     GET <feed>/v1/edge/feed?cursor=<epoch>-<seq>&wait=<s>     the cursor is the acknowledgement
 *     GET <feed>/v1/edge/snapshot?head=<cursor>&after=<key>     page by page, in order of the key
 *
 * A body is records one after another (edge/record.h). Latchkey-Cursor is the cursor after them,
 * for a snapshot the head of the feed when it began. Latchkey-After is the key, base64url, that the
 * next page of a snapshot begins after; the last page has none. Status 410: the cursor is of
 * another epoch, or deletions after it are forgotten; a snapshot is due.
 *
 * Request headers tell what cannot be seen from elsewhere. Latchkey-Trouble: why the last turn
 * could not store what it got. Latchkey-Unknown: how many hosts are here that a whole snapshot did
 * not name and no end record has removed, and the names of some. Latchkey-Kept: which hosts go on
 * with a later certificate than a restored store has for them (kept_report.h). Latchkey-Had, of a
 * snapshot: the cursor before it, which proves as much as a poll's that a store was restored; where
 * a snapshot of a later epoch was cut, the beginning of that.
 *
 * A page is stored in one transaction that is on disk before the next request tells its cursor.
 * Killed at any moment, it goes on from there. It has no state but the LMDB.
 */
#include "feed/feed_client.h"
#include "feed/feed_page.h"

struct agent_options {
    struct feed_place feed;
    const char *group;
    const char *lmdb_dir;
    size_t map_max;       /* octets that the LMDB may have; 0: EDGE_DB_MAP_MAX */
    const char *keys_dir; /* has feed-<group>-<kid> */
};

#define AGENT_WAIT_S       10 /* how long the feed may keep a poll */
#define AGENT_PAGE_MAX     (32 * 1024 * 1024)
#define AGENT_READERS_MS   10000 /* between two looks at the reader slots */
#define AGENT_REVIEW_MS    10000 /* between two looks at what is kept */
#define AGENT_PAUSE_MIN_MS 100   /* after a failure, doubled with each */
#define AGENT_PAUSE_MAX_MS 10000
#define AGENT_SNAPSHOT_MS  5000 /* between two that the feed asks for */
#define AGENT_RESNAPSHOT_MS                                                                        \
    60000 /* after a snapshot that left something open, doubled likewise                           \
           */
#define AGENT_RESNAPSHOT_MAX 3600000

struct agent;

/* Makes the LMDB when there is none, so that nginx can start. The options live as long as the
 * agent. ERR_CONFIG, ERR_STORE. */
MUST_CHECK bool agent_new(const struct agent_options *options, struct agent **out, struct err *err);
void agent_free(struct agent *agent);
static inline void agent_freep(struct agent **agent)
{
    if (*agent)
        agent_free(*agent);
}

/* Its LMDB; for the thread of the agent alone. */
struct edge_db *agent_db(struct agent *agent);

/* What a turn did. */
struct agent_report {
    bool is_unwiped; /* feed/wipe.h had no room; it is tried again with the next turn */
    bool is_snapshot;
    struct feed_page_result pages; /* of all pages */
    struct edge_db_state state;
    size_t in_doubt;   /* records that a snapshot did not name */
    int freed_readers; /* slots of killed processes */
    int64_t pause_ms;  /* before the next turn */
};

/*
 * One poll, or one snapshot when that is due. When it fails nothing is lost: call it again after
 * agent_pause_ms(). ERR_NET, ERR_TIMEOUT: the feed is not there; ERR_UNAUTHENTICATED,
 * ERR_FORBIDDEN, ERR_BAD_INPUT: it is not what it should be; ERR_FULL: the disk or the map is full;
 * ERR_STORE: the LMDB cannot be written.
 */
MUST_CHECK bool agent_turn(struct agent *agent, struct agent_report *out, struct err *err);

/* The pause after `failures` (from 1) in a row; `chance` in 0..999 spreads many agents. */
int64_t agent_pause_ms(unsigned failures, unsigned chance);
