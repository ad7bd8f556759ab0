/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * edge_db: the LMDB of an edge as its agent writes it and nginx reads it: one record of
 * edge/record.h a key, and under a key of its own how far the agent is, changed in the same
 * transaction. A transaction is on disk when edge_db_write() returns true.
 *
 * Folder 0750, data.mdb 0640, lock.mdb 0660: a worker of nginx takes a reader slot in the latter,
 * so it runs in the group of the folder. One agent at a time, by a lock on the folder.
 */
#include "base/arena.h"
#include "base/err.h"
#include "edge/lookup.h"

struct edge_db;

/* How far the agent is. */
struct edge_db_state {
    uint64_t epoch, seq; /* cursor of the feed, 0 and 0: there is none */
    uint64_t seen_epoch; /* the latest epoch of a record, which is authentic; a cursor is not */
    bool is_incomplete;  /* something was left out, or may be too much: a snapshot is due */
};

/* Makes folder and files when they are missing. `dir` lives as long as *out; `map_max` as for
 * edge_db_write(), 0: EDGE_DB_MAP_MAX. ERR_CONFIG: another agent has it, or it cannot be used;
 * ERR_FULL, ERR_STORE. */
MUST_CHECK bool edge_db_open(const char *dir, size_t map_max, struct edge_db **out,
                             struct err *err);
void edge_db_free(struct edge_db *db);
static inline void edge_db_freep(struct edge_db **db)
{
    if (*db)
        edge_db_free(*db);
}

MUST_CHECK bool edge_db_state(struct edge_db *db, struct edge_db_state *out, struct err *err);
/* Frees the reader slots of processes that were killed; *freed may be NULL. */
MUST_CHECK bool edge_db_check_readers(struct edge_db *db, int *freed, struct err *err);

/* A transaction under way. */
struct edge_tx;

/*
 * Runs `write` in a transaction and commits it when it returns true. When the map is full it is
 * doubled, up to `map_max`, and `write` is run again from the start: it must not keep what it did.
 * ERR_FULL: the map is full at its largest, or the disk is; ERR_STORE: the file is damaged. What
 * was there is untouched.
 */
#define EDGE_DB_MAP_FIRST ((size_t)64 << 20)
#define EDGE_DB_MAP_MAX   ((size_t)64 << 30)
typedef bool (*edge_db_write_fn)(struct edge_tx *tx, void *arg, struct err *err);
MUST_CHECK bool edge_db_write(struct edge_db *db, edge_db_write_fn write, void *arg,
                              struct err *err);
/* Runs `read` in a transaction that changes nothing. */
MUST_CHECK bool edge_db_read(struct edge_db *db, edge_db_write_fn read, void *arg, struct err *err);

/* *out {NULL, 0} when there is nothing; octets that live until the next change. */
MUST_CHECK bool edge_tx_get(struct edge_tx *tx, struct slice db_key, struct slice *out,
                            struct err *err);
MUST_CHECK bool edge_tx_put(struct edge_tx *tx, struct slice db_key, struct slice value,
                            struct err *err);
/* Deleting what is not there is no error. */
MUST_CHECK bool edge_tx_delete(struct edge_tx *tx, struct slice db_key, struct err *err);
MUST_CHECK bool edge_tx_put_state(struct edge_tx *tx, const struct edge_db_state *state,
                                  struct err *err);

/* Calls `each` for every record with after < key <= last, in order; `last` {NULL, 0}: to the end.
 * The views live until the next change, and `each` changes nothing. */
typedef bool (*edge_tx_each_fn)(void *arg, struct slice db_key, struct slice value,
                                struct err *err);
MUST_CHECK bool edge_tx_walk(struct edge_tx *tx, struct slice after, struct slice last,
                             edge_tx_each_fn each, void *arg, struct err *err);

/* --- for feed/wipe.c --- */

/* Whether a certificate was replaced or deleted since edge_db_wiped(), or since the start. */
bool edge_db_is_wipe_due(const struct edge_db *db);
void edge_db_wiped(struct edge_db *db);
/* Stores every record anew as it is, unless there are more than `max`. */
MUST_CHECK bool edge_tx_rewrite(struct edge_tx *tx, size_t max, struct err *err);
/* How many pages of the file hold no record (LMDB's own among them), and how large one is. */
MUST_CHECK bool edge_db_free_pages(struct edge_db *db, size_t *pages, size_t *page_size,
                                   struct err *err);
