/* SPDX-License-Identifier: Apache-2.0 */

/* When the acknowledgements of edges are stored. */
#include <unistd.h>

#include "api/acks.h"
#include "base/clock.h"
#include "fixture.h"
#include "store/edge_store.h"
#include "store/feed_store.h"

#define EDGE    "edge_1"
#define WAIT_MS 5000
#define SOON_MS 500 /* on a busy machine; who is not woken looks after a second */

struct world {
    struct fixture f;
    struct app app;
    struct api_acks *acks;
};

static const struct edge *look(struct fixture *f)
{
    const struct edge *edge;

    MUST(f, edge_store_get(f->mem, f->db, EDGE, &edge, &f->err));
    return edge;
}

static void open_world(struct world *w)
{
    fixture_open_migrated(&w->f);
    tenants_prepare(&w->f);
    MUST(&w->f, feed_store_start_epoch(w->f.db, "default", T0, &w->f.err));
    for (int i = 1; i <= 9; i++)
        feed_tell(&w->f, arena_printf(w->f.mem, "%d", i), T0, false);
    w->app = (struct app){.db = w->f.db};
    MUST(&w->f, api_acks_start(&w->app, &w->acks, &w->f.err));
}

static void close_world(struct world *w)
{
    api_acks_stop(w->acks);
    fixture_close(&w->f);
}

static void say(struct world *w, int64_t seq)
{
    MUST(&w->f, api_acks_add(w->acks, look(&w->f), T0, seq, &w->f.err));
}

/* How long it takes until the store has it. */
static int64_t wait_for(struct world *w, int64_t seq)
{
    int64_t began = clock_boot_ms();

    while (look(&w->f)->ack_seq != seq && clock_boot_ms() < began + WAIT_MS)
        usleep(500);
    return clock_boot_ms() - began;
}

/* Whoever waits for acknowledgements is woken for what is due sooner than anything before. */
static void test_news_wakes(void **state)
{
    struct world w;
    int64_t took;

    (void)state;
    open_world(&w);
    say(&w, 1);
    took = wait_for(&w, 1);
    ok(took < SOON_MS, "the first: %lld ms", (long long)took);
    usleep(2 * ACKS_EVERY_MS * 1000);
    say(&w, 2);
    took = wait_for(&w, 2);
    ok(took < SOON_MS, "after a while: %lld ms", (long long)took);
    say(&w, 2);
    say(&w, 3);
    took = wait_for(&w, 3);
    ok(took < SOON_MS, "behind one that is none: %lld ms", (long long)took);
    close_world(&w);
    all_ok();
}

/* Under load the last value of an edge is stored, and not each. */
static void test_pace(void **state)
{
    int64_t stored = 0, began, took;
    struct world w;

    (void)state;
    open_world(&w);
    began = clock_boot_ms();
    for (int64_t seq = 1; clock_boot_ms() < began + 10 * ACKS_NEWS_MS; seq++) {
        int64_t before = look(&w.f)->ack_seq;

        say(&w, seq);
        usleep(1000);
        stored += look(&w.f)->ack_seq != before;
    }
    took = clock_boot_ms() - began;
    ok(stored >= 1 && stored <= took / ACKS_NEWS_MS + 2, "%lld times in %lld ms", (long long)stored,
       (long long)took);
    close_world(&w);
    all_ok();
}

static void test_stop_stores_what_is_left(void **state)
{
    struct world w;

    (void)state;
    open_world(&w);
    say(&w, 7);
    api_acks_stop(w.acks);
    ok(look(&w.f)->ack_seq == 7, "it is stored");
    w.acks = NULL;
    close_world(&w);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_news_wakes),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_stop_stores_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
