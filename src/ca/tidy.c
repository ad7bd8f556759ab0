/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/tidy.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "ca/authorization_store.h"
#include "ca/journal_store.h"
#include "ca/limit_store.h"

#define LOOK_MS 1000 /* whether the clock was moved */

struct ca_tidy {
    struct db *db;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping;
    pthread_t thread;
};

/* Orders before the authorizations that they need. */
static const struct kind {
    bool (*tidy)(struct db *tx, int64_t before, int64_t limit, int64_t *count, struct err *err);
    int64_t kept_ms;
} kinds[] = {
    {ca_order_tidy, CA_ENDED_KEPT_MS},
    {ca_authorization_tidy, CA_ENDED_KEPT_MS},
    {ca_bucket_tidy, 0},
    {ca_journal_tidy, CA_JOURNAL_KEPT_MS},
};

static bool tidy_kind(struct db *db, const struct kind *kind, int64_t at, int64_t *count,
                      struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return db_tx_begin(db, &tx, err) &&
           kind->tidy(tx, at - kind->kept_ms, CA_TIDY_BATCH, count, err) && db_tx_commit(&tx, err);
}

bool ca_tidy_batch(struct db *db, int64_t at, bool *is_more, struct err *err)
{
    *is_more = false;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        int64_t count = 0;

        if (!tidy_kind(db, &kinds[i], at, &count, err))
            return false;
        *is_more = *is_more || count == CA_TIDY_BATCH;
    }
    return true;
}

/* Waits until it is to look again; false: the end. */
static bool go_on(struct ca_tidy *tidy, int64_t wait_ms)
{
    struct timespec until;
    bool is_stopping;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += wait_ms % 1000 * 1000000;
    until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&tidy->lock);
    if (!tidy->is_stopping)
        pthread_cond_timedwait(&tidy->wake, &tidy->lock, &until);
    is_stopping = tidy->is_stopping;
    pthread_mutex_unlock(&tidy->lock);
    return !is_stopping;
}

static bool is_due(int64_t last_at, int64_t now)
{
    return now >= last_at + CA_TIDY_EVERY_MS || now < last_at;
}

static void tidy_all(struct ca_tidy *tidy, int64_t at)
{
    bool is_more = true;
    int64_t began, took = 0;
    struct err err;

    while (is_more && go_on(tidy, took * (CA_TIDY_SHARE - 1))) {
        began = clock_boot_ms();
        if (!ca_tidy_batch(tidy->db, at, &is_more, &err)) {
            LOG(ERROR, "ca.tidy_failed", KERR(&err));
            return;
        }
        took = clock_boot_ms() - began + 1;
    }
}

static void *run(void *arg)
{
    struct ca_tidy *tidy = arg;
    int64_t last_at = 0;

    do {
        int64_t now = clock_now();

        if (is_due(last_at, now)) {
            last_at = now;
            tidy_all(tidy, now);
        }
    } while (go_on(tidy, LOOK_MS));
    return NULL;
}

struct ca_tidy *ca_tidy_start(struct db *db)
{
    struct ca_tidy *tidy = calloc(1, sizeof(*tidy));
    pthread_condattr_t monotonic;

    if (!tidy)
        abort();
    tidy->db = db;
    pthread_mutex_init(&tidy->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&tidy->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&tidy->thread, NULL, run, tidy) != 0)
        abort();
    return tidy;
}

void ca_tidy_stop(struct ca_tidy *tidy)
{
    if (!tidy)
        return;
    pthread_mutex_lock(&tidy->lock);
    tidy->is_stopping = true;
    pthread_cond_signal(&tidy->wake);
    pthread_mutex_unlock(&tidy->lock);
    pthread_join(tidy->thread, NULL);
    pthread_cond_destroy(&tidy->wake);
    pthread_mutex_destroy(&tidy->lock);
    free(tidy);
}
