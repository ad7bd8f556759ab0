/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* pool: what db_sqlite.c and watch.c share. */
#include <pthread.h>

#include "db/sqlite_conn.h"
#include "db/writer.h"

/* What callers hold: the pool's own handle, or a transaction. */
struct db {
    struct pool *pool;
    bool is_tx, is_inner;       /* inner: a savepoint of another transaction */
    struct sqlite_conn *reader; /* of a view, else NULL */
    pthread_t owner;            /* of a transaction */
};

struct pool {
    struct db handle;
    struct writer *writer;
    pthread_mutex_t mutex; /* of what follows, but the path */
    pthread_cond_t reader_is_idle;
    unsigned readers, readers_max;
    unsigned idle_count;
    struct sqlite_conn *idle[DB_READERS_MAX];
    struct db_watch *watches;
    char path[];
};

/* Makes every watch of the pool readable. */
void watches_notify(struct pool *pool);
