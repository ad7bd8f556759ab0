/* SPDX-License-Identifier: Apache-2.0 */

/* What an edge says of certificates that a restored store lacks. */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "app/lost.h"
#include "base/clock.h"
#include "fixture.h"
#include "store/feed_store.h"
#include "store/job_store.h"

#define GROUP "default"

static const struct config config; /* without a CA */

struct world {
    struct fixture f;
    struct tenant t;
    struct app app;
    struct certificate certificate; /* that the store has, live */
};

static void go_live(struct world *w)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    MUST(&w->f, db_tx_begin(w->f.db, &tx, &w->f.err));
    MUST(&w->f, certificate_store_go_live(tx, w->certificate.id, T0, &w->f.err));
    MUST(&w->f, db_tx_commit(&tx, &w->f.err));
}

static void open_world(struct world *w)
{
    fixture_open_migrated(&w->f);
    tenants_prepare(&w->f);
    partner_add(&w->f, "par_1");
    w->t = tenant_add(&w->f, "par_1", "a");
    w->app = (struct app){.config = &config, .db = w->f.db};
    w->certificate = certificate_of(&w->t);
    go_live(w);
}

static void restore(struct world *w)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct feed_head head;

    MUST(&w->f, db_tx_begin(w->f.db, &tx, &w->f.err));
    MUST(&w->f, feed_store_start_epoch(tx, GROUP, 1000, &w->f.err));
    MUST(&w->f, feed_store_note_ahead(tx, GROUP, 1500, &w->f.err));
    MUST(&w->f, feed_store_head(tx, GROUP, &head, &w->f.err));
    MUST(&w->f, feed_store_restart(tx, GROUP, &head, 2000, &w->f.err));
    MUST(&w->f, db_tx_commit(&tx, &w->f.err));
}

static const char *lost_of(struct world *w)
{
    const struct lost_certificate *lost;

    MUST(&w->f, lost_certificate_store_later(w->f.mem, w->f.db, &w->certificate, &lost, &w->f.err));
    return lost ? lost->certificate_id : "";
}

static void tell(struct world *w, const char *host, const char *id, int64_t issued_at)
{
    const struct edge_kept kept = {.host = host, .certificate_id = id, .issued_at = issued_at};
    const struct edge_kept_list list = {&kept, 1};

    MUST(&w->f, app_lost_note(&w->app, w->f.mem, GROUP, &list, &w->f.err));
}

static void test_what_is_believed(void **state)
{
    struct world w;
    const int64_t now = clock_now();
    (void)state;

    open_world(&w);
    tell(&w, w.t.name, "crt_x", now);
    ok(strcmp(lost_of(&w), "") == 0, "nothing was restored");
    restore(&w);
    tell(&w, "stranger.example", "crt_x", now);
    tell(&w, w.t.name, "crt_x", now + 3600000);
    tell(&w, w.t.name, "crt_x", w.certificate.created_at);
    ok(strcmp(lost_of(&w), "") == 0, "nobody's, to come, or no later one: \"%s\"", lost_of(&w));
    tell(&w, w.t.name, "crt_x", w.certificate.created_at + 1);
    ok(strcmp(lost_of(&w), "crt_x") == 0, "a later one: \"%s\"", lost_of(&w));
    tell(&w, w.t.name, "crt_y", now);
    ok(strcmp(lost_of(&w), "crt_x") == 0, "one a day is believed");
    fixture_close(&w.f);
    all_ok();
}

#define WRITES_S 2 /* whoever waits for the other writer sees it end by itself */

/* Another process, as it were, in the middle of a transaction. */
struct other_writer {
    struct world *w;
    bool is_writing;
    sem_t has_begun, may_end;
    pthread_t thread;
};

static void *write_for_long(void *arg)
{
    struct other_writer *other = arg;
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct err err = {0};
    struct timespec until;
    struct db *db = NULL;

    other->is_writing =
        db_open_sqlite(other->w->f.path, 1, &db, &err) && db_tx_begin(db, &tx, &err);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += WRITES_S;
    sem_post(&other->has_begun);
    (void)sem_clockwait(&other->may_end, CLOCK_MONOTONIC, &until);
    db_tx_endp(&tx);
    tx = NULL;
    if (db)
        db_close(db);
    return NULL;
}

/* Each poll says it again; none waits for who writes. */
static void test_nothing_is_written_of_what_is_known(void **state)
{
    struct other_writer other;
    struct world w;
    const int64_t now = clock_now();
    int64_t start;
    (void)state;

    open_world(&w);
    restore(&w);
    tell(&w, w.t.name, "crt_x", now);
    other.w = &w;
    assert_int_equal(sem_init(&other.has_begun, 0, 0) | sem_init(&other.may_end, 0, 0), 0);
    assert_int_equal(pthread_create(&other.thread, NULL, write_for_long, &other), 0);
    assert_int_equal(sem_wait(&other.has_begun), 0);
    assert_true(other.is_writing);
    start = clock_boot_ms();
    tell(&w, w.t.name, "crt_x", now);
    tell(&w, w.t.name, "crt_y", now);
    ok(clock_boot_ms() - start < WRITES_S * 1000 / 2, "it has waited for who writes");
    sem_post(&other.may_end);
    pthread_join(other.thread, NULL);
    fixture_close(&w.f);
    all_ok();
}

static void put(struct world *w, const char *id, int64_t told_at, int64_t epoch, bool want)
{
    const struct lost_certificate lost = {.domain_id = w->t.domain,
                                          .certificate_id = id,
                                          .issued_at = w->certificate.created_at + 1,
                                          .renewal_id = "a.b",
                                          .told_at = told_at,
                                          .epoch = epoch};
    bool has_room, is_new;

    MUST(&w->f, lost_certificate_store_has_room(w->f.db, &lost, &has_room, &w->f.err));
    MUST(&w->f, lost_certificate_store_put(w->f.db, &lost, &is_new, &w->f.err));
    ok(is_new == want && has_room == want, "%s at %lld in epoch %lld", id,
       (long long)(told_at - T0), (long long)epoch);
}

static void test_again(void **state)
{
    struct world w;
    int64_t count;
    (void)state;

    open_world(&w);
    MUST(&w.f, lost_certificate_store_count(w.f.db, &count, &w.f.err));
    assert_int_equal(count, 0);
    put(&w, "crt_x", T0, 1000, true);
    put(&w, "crt_x", T0 + 2 * LOST_AGAIN_MS, 2000, false);
    put(&w, "crt_y", T0 + LOST_AGAIN_MS - 1, 2000, false);
    put(&w, "crt_y", T0 + LOST_AGAIN_MS, 1000, false);
    put(&w, "crt_y", T0 + LOST_AGAIN_MS, 1001, true);
    MUST(&w.f, lost_certificate_store_count(w.f.db, &count, &w.f.err));
    assert_int_equal(count, 1);
    w.certificate.created_at++;
    ok(strcmp(lost_of(&w), "") == 0, "it is not later than this one");
    fixture_close(&w.f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_believed),
        cmocka_unit_test(test_nothing_is_written_of_what_is_known),
        cmocka_unit_test(test_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
