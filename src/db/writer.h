/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * writer: the one write connection of a process, used in turns, with group commit.
 *
 * Who has the turn has the connection to itself, inside a savepoint. When others wait for the turn
 * at the end of it, the transaction stays open for them and the member waits for the COMMIT of the
 * last one: so that many members cost one fsync. What one member rolls back is its own savepoint.
 * While groups have several members they have a pace, so that more come together; the lock between
 * processes is free meanwhile.
 */
#include "db/row.h"

/* After a group of so many turns, the next one begins so late: meanwhile others come for it. */
#define WRITER_PACE_TURNS 3
#define WRITER_PACE_MS    2

struct writer;

/* `on_commit` is called with `arg` after each COMMIT, by the thread that did it. */
MUST_CHECK bool writer_open(const char *path, void (*on_commit)(void *), void *arg,
                            struct writer **out, struct err *err);
void writer_close(struct writer *w);
MUST_CHECK bool writer_take_place(struct writer *w, unsigned *place, struct err *err);

/* Waits for the turn and begins. ERR_BUSY after DB_TURN_WAIT_MS. */
MUST_CHECK bool writer_begin(struct writer *w, struct err *err);
/* Ends the turn; true once it is durable. ERR_BUSY: nothing of it is stored. */
MUST_CHECK bool writer_commit(struct writer *w, struct err *err);
void writer_rollback(struct writer *w);

/* With the turn only; as sqlite_conn_run() and sqlite_conn_script(). */
MUST_CHECK bool writer_run(struct writer *w, const struct query *q, const struct db_arg *args,
                           struct row_list *rows, int64_t *changed, struct err *err);
MUST_CHECK bool writer_script(struct writer *w, const char *sql, struct err *err);
