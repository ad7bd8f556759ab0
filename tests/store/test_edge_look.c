/* SPDX-License-Identifier: Apache-2.0 */

/* app_edge_look(): tries are stored, standings move with their events, and who waited is waked. */
#include "app/edge_look.h"
#include "base/clock.h"
#include "fixture.h"
#include "store/certificate_store.h"
#include "store/event_store.h"
#include "store/feed_store.h"
#include "store/job_store.h"
#include "store/proof_store.h"

#define GROUP "default"
#define LATER (clock_now() + INT64_C(3600000))

struct world {
    struct fixture f;
    struct app app;
    struct tenant tenant;
    struct edge_changes changes;
};

/* The fixture's edge_1, counted and at the head, and edge_2, which has never polled. */
static void open_world(struct world *w, enum edge_standing second)
{
    const char *const addresses[] = {"127.0.0.2"};
    struct fixture *f = &w->f;
    const struct edge edge = {.id = "edge_2",
                              .name = "edge-2",
                              .group = GROUP,
                              .addresses = {1, addresses},
                              .http_port = 8080,
                              .https_port = 8443,
                              .is_in_rotation = true,
                              .standing = second,
                              .created_at = T0};

    fixture_open_migrated(f);
    w->app = (struct app){.db = f->db};
    tenants_prepare(f);
    MUST(f, edge_store_put(f->db, &edge, &f->err));
    partner_add(f, "par_1");
    w->tenant = tenant_add(f, "par_1", "a");
    MUST(f, feed_store_start_epoch(f->db, GROUP, T0, &f->err));
    MUST(f, edge_store_ack(f->db, "edge_1", T0, 0, clock_now(), &f->err));
}

static const struct edge *edge_of(struct world *w, const char *id)
{
    const struct edge *edge;

    MUST(&w->f, edge_store_get(w->f.mem, w->f.db, id, &edge, &w->f.err));
    return edge;
}

/* A look after a try of edge_2 with this result. */
static void look(struct world *w, bool is_answered)
{
    const struct edge_try one = {edge_of(w, "edge_2"), is_answered, "it said so"};
    const struct edge_tries tries = {&one, 1};

    MUST(&w->f, app_edge_look(&w->app, w->f.mem, GROUP, &tries, &w->changes, &w->f.err));
}

static void look_only(struct world *w)
{
    const struct edge_tries none = {0};

    MUST(&w->f, app_edge_look(&w->app, w->f.mem, GROUP, &none, &w->changes, &w->f.err));
}

/* How many events of this kind are about edge_2; the text of the last. */
static size_t events(struct world *w, const char *kind, const char **text)
{
    const struct scope all = scope_platform();
    const struct event_filter filter = {.page = {.limit = PAGE_LIMIT_MAX}, .subject_id = "edge_2"};
    struct event_list list;
    size_t count = 0;

    MUST(&w->f, event_store_list(w->f.mem, w->f.db, &all, &filter, &list, &w->f.err));
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].kind, kind) == 0) {
            ok(!list.items[i].partner_id && !list.items[i].account_id, "%s: the platform's", kind);
            *text = list.items[i].text;
            count++;
        }
    return count;
}

/* req: R23, A11 */
static void test_alarm(void **state)
{
    const char *text = "";
    const struct edge *edge;
    struct world w;

    (void)state;
    open_world(&w, STANDING_COUNTED);
    look(&w, false);
    edge = edge_of(&w, "edge_2");
    ok(w.changes.count == 0 && edge->failed_tries == 1 && edge->unanswered_at == edge->tried_at,
       "one failure changes nothing");
    ok(strcmp(edge->try_text, "it said so") == 0, "what was seen is kept");
    look(&w, false);
    ok(w.changes.count == 1 && w.changes.items[0].step->alarm == EDGE_ALARM_BEGINS &&
           edge_of(&w, "edge_2")->standing == STANDING_DOWN,
       "two are an alarm");
    look(&w, false);
    ok(w.changes.count == 0 && events(&w, "edge.down", &text) == 1, "which is told once");
    ok(strstr(text, "edge edge-2 is down") && strstr(text, "(it said so)"), "%s", text);
    look(&w, true);
    edge = edge_of(&w, "edge_2");
    ok(w.changes.count == 1 && w.changes.items[0].step->alarm == EDGE_ALARM_ENDS &&
           edge->standing == STANDING_CATCHING_UP && edge->unanswered_at == 0,
       "an answer ends it");
    ok(events(&w, "edge.back", &text) == 1, "which is told too");
    fixture_close(&w.f);
    all_ok();
}

static int64_t due_at(struct world *w, const char *kind, const char *subject)
{
    const struct job *job;

    MUST(&w->f, job_store_find(w->f.mem, w->f.db, kind, subject, &job, &w->f.err));
    return job ? job->run_at : INT64_MAX;
}

/* An issuance that waits for an edge goes on when that is down. */
static void test_wakes(void **state)
{
    const struct scope all = scope_platform();
    const struct issuance *found;
    struct issuance issuance;
    struct world w;

    (void)state;
    open_world(&w, STANDING_COUNTED);
    for (int i = 1; i <= 5; i++)
        feed_tell(&w.f, arena_printf(w.f.mem, "%d", i), T0, false);
    MUST(&w.f, issuance_store_get(w.f.mem, w.f.db, &all, w.tenant.issuance, &found, &w.f.err));
    issuance = *found;
    issuance.state = ISSUANCE_PUBLISHING;
    issuance.wait_seq = 5;
    MUST(&w.f, issuance_store_save(w.f.db, &issuance, &w.f.err));
    MUST(&w.f, edge_store_ack(w.f.db, "edge_1", T0, 5, clock_now(), &w.f.err));
    MUST(&w.f, job_store_enqueue(w.f.db, "issue", issuance.id, LATER, &w.f.err));
    look(&w, false);
    ok(due_at(&w, "issue", issuance.id) > clock_now(), "still waited for");
    look(&w, false);
    ok(due_at(&w, "issue", issuance.id) <= clock_now(), "not any more");
    fixture_close(&w.f);
    all_ok();
}

/* What it must have is the head as of its return; then it counts and is proven. */
static void test_rejoins(void **state)
{
    const struct edge *edge;
    struct world w;

    (void)state;
    open_world(&w, STANDING_CATCHING_UP);
    MUST(&w.f, edge_store_ack(w.f.db, "edge_2", T0 - 1, 7, clock_now(), &w.f.err));
    look_only(&w);
    edge = edge_of(&w, "edge_2");
    ok(w.changes.count == 0 && edge->rejoin.epoch == T0 && edge->rejoin.seq == 0, "%lld-%lld",
       (long long)edge->rejoin.epoch, (long long)edge->rejoin.seq);
    ok(due_at(&w, "proofs", GROUP) == INT64_MAX, "nothing to prove yet");
    MUST(&w.f, edge_store_ack(w.f.db, "edge_2", T0, 0, clock_now(), &w.f.err));
    look_only(&w);
    edge = edge_of(&w, "edge_2");
    ok(edge->standing == STANDING_COUNTED && edge->rejoined_at > 0 && edge->rejoin.epoch == 0,
       "it counts");
    ok(due_at(&w, "proofs", GROUP) <= clock_now(), "and is proven");
    ok(w.changes.look_again_at <= clock_now(), "what it is now may lead further");
    fixture_close(&w.f);
    all_ok();
}

static size_t due(struct world *w, int64_t now, int64_t since)
{
    const struct certificate_due which = {.now = now, .since = since, .limit = 16};
    struct certificate_list list;

    MUST(&w->f, certificate_store_due(w->f.mem, w->f.db, &which, &list, &w->f.err));
    return list.count;
}

/* Which certificates are looked at again. */
static void test_due(void **state)
{
    struct certificate_sample sample = {.sampled_at = T0 + 10, .sample_at = T0 + 50};
    struct db *tx;
    struct world w;
    int64_t next;

    (void)state;
    open_world(&w, STANDING_COUNTED);
    ok(due(&w, T0, 0) == 0, "one that is not live is not");
    MUST(&w.f, db_tx_begin(w.f.db, &tx, &w.f.err));
    MUST(&w.f, certificate_store_go_live(tx, w.tenant.certificate, T0, &w.f.err));
    MUST(&w.f, db_tx_commit(&tx, &w.f.err));
    ok(due(&w, T0, 0) == 1, "one that never was");
    MUST(&w.f, certificate_store_set_sample(w.f.db, w.tenant.certificate, sample, &w.f.err));
    ok(due(&w, T0 + 49, T0 + 9) == 0, "its time has not come");
    ok(due(&w, T0 + 50, 0) == 1, "its time has come");
    ok(due(&w, T0 + 89, 0) == 1 && due(&w, T0 + 90, 0) == 0, "until it ends");
    ok(due(&w, T0 + 20, T0 + 10) == 1, "an edge has caught up since");
    MUST(&w.f, certificate_store_next_sample(w.f.db, T0, &next, &w.f.err));
    ok(next == T0 + 50, "the next: %lld", (long long)next);
    MUST(&w.f, certificate_store_next_sample(w.f.db, T0 + 50, &next, &w.f.err));
    ok(next == INT64_MAX, "no next: %lld", (long long)next);
    fixture_close(&w.f);
    all_ok();
}

/* How polls without a gap, and acknowledgements that move, are told from others. */
static void test_acks(void **state)
{
    const int64_t step = EDGE_FOLLOWING_MS;
    const struct edge *edge;
    struct world w;

    (void)state;
    open_world(&w, STANDING_COUNTED);
    MUST(&w.f, edge_store_ack(w.f.db, "edge_2", T0, 1, T0, &w.f.err));
    MUST(&w.f, edge_store_ack(w.f.db, "edge_2", T0, 1, T0 + step, &w.f.err));
    edge = edge_of(&w, "edge_2");
    ok(edge->following_at == T0 && edge->moved_at == T0, "polls without a gap, and nothing new");
    MUST(&w.f, edge_store_ack(w.f.db, "edge_2", T0, 2, T0 + 2 * step + 1, &w.f.err));
    edge = edge_of(&w, "edge_2");
    ok(edge->following_at == T0 + 2 * step + 1 && edge->moved_at == T0 + 2 * step + 1,
       "after a gap, with something new");
    fixture_close(&w.f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alarm), cmocka_unit_test(test_wakes), cmocka_unit_test(test_rejoins),
        cmocka_unit_test(test_due),   cmocka_unit_test(test_acks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
