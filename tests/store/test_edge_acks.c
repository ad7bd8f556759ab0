/* SPDX-License-Identifier: Apache-2.0 */

/* app_edge_acks(): what the edges say is stored, and wakes just the issuances that no longer have
 * to wait for them. */
#include "app/restore.h"
#include "base/clock.h"
#include "fixture.h"
#include "store/event_store.h"
#include "store/job_store.h"

#define GROUP "default"
#define NOW   (T0 + 1000)
#define LATER (T0 + INT64_C(3600000))

struct world {
    struct fixture f;
    struct app app;
    struct tenant tenant;
};

static void add_edge(struct fixture *f, const char *id, const char *name)
{
    const char *const addresses[] = {"127.0.0.2"};
    const struct edge edge = {.id = id,
                              .name = name,
                              .group = GROUP,
                              .addresses = {1, addresses},
                              .http_port = 8080,
                              .https_port = 8443,
                              .is_in_rotation = true,
                              .created_at = T0};

    MUST(f, edge_store_put(f->db, &edge, &f->err));
}

/* Two edges, a feed whose head is 9, and one issuance in `state` that waits for sequence 5, its job
 * due later. */
static void open_world(struct world *w, enum issuance_state state)
{
    struct fixture *f = &w->f;
    const struct issuance *issuance;
    const struct scope all = scope_platform();
    struct issuance changed;

    fixture_open_migrated(f);
    w->app = (struct app){.db = f->db};
    tenants_prepare(f);
    add_edge(f, "edge_2", "edge-2");
    partner_add(f, "par_1");
    w->tenant = tenant_add(f, "par_1", "a");
    MUST(f, feed_store_start_epoch(f->db, GROUP, T0, &f->err));
    for (int i = 1; i <= 9; i++)
        feed_tell(f, arena_printf(f->mem, "%d", i), T0, false);
    MUST(f, issuance_store_get(f->mem, f->db, &all, w->tenant.issuance, &issuance, &f->err));
    changed = *issuance;
    changed.state = state;
    changed.wait_seq = 5;
    MUST(f, issuance_store_save(f->db, &changed, &f->err));
    MUST(f, job_store_enqueue(f->db, "issue", w->tenant.issuance, LATER, &f->err));
}

static int64_t due_at(struct world *w)
{
    const struct job *job;

    MUST(&w->f, job_store_find(w->f.mem, w->f.db, "issue", w->tenant.issuance, &job, &w->f.err));
    return job->run_at;
}

static void ack(struct world *w, const char *edge_id, int64_t epoch, int64_t seq)
{
    const struct edge_ack one = {edge_id, epoch, seq};

    MUST(&w->f,
         app_edge_acks(&w->app, w->f.mem, &(struct edge_acks){GROUP, &one, 1}, NOW, &w->f.err));
}

/* The job is run, and waits again. */
static void run_job(struct world *w)
{
    const struct job_claim claim = {.owner = "test", .now = NOW, .lease_ms = 1000};
    const struct job *job;

    MUST(&w->f, job_store_claim(w->f.mem, w->f.db, &claim, &job, &w->f.err));
    MUST(&w->f, job_store_reschedule(w->f.db, job, LATER, NULL, &w->f.err));
}

static const enum issuance_state waiting[] = {ISSUANCE_PUBLISHING, ISSUANCE_STAGING,
                                              ISSUANCE_DEPLOYING};

static bool is_waiting(enum issuance_state state)
{
    for (size_t i = 0; i < ARRAY_LEN(waiting); i++)
        if (waiting[i] == state)
            return true;
    return false;
}

static void test_wake(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
        const char *name = issuance_state_name(waiting[i]);
        struct world w;

        open_world(&w, waiting[i]);
        ack(&w, "edge_1", T0, 5);
        ok(due_at(&w) == LATER, "%s: one of two wakes", name);
        ack(&w, "edge_2", T0, 4);
        ok(due_at(&w) == LATER, "%s: one too few wakes", name);
        ack(&w, "edge_2", T0 - 1, 5);
        ok(due_at(&w) == LATER, "%s: another epoch wakes", name);
        ack(&w, "edge_2", T0, 5);
        ok(due_at(&w) == NOW, "%s: the last one does not wake", name);
        run_job(&w);
        ack(&w, "edge_2", T0, 5);
        ack(&w, "edge_1", T0, 9);
        ok(due_at(&w) == LATER, "%s: what it does not wait for wakes", name);
        fixture_close(&w.f);
    }
    all_ok();
}

/* That the edge had more than this store has told says nothing of what it tells now. */
static void test_places_of_a_lost_life(void **state)
{
    struct world w;
    (void)state;

    open_world(&w, ISSUANCE_PUBLISHING);
    ack(&w, "edge_1", T0, 5);
    ack(&w, "edge_2", T0, 10);
    ok(due_at(&w) == LATER, "one ahead wakes");
    ack(&w, "edge_2", T0, 9);
    ok(due_at(&w) == NOW, "one at the head does not");
    fixture_close(&w.f);
    all_ok();
}

static void test_other_states_sleep(void **state)
{
    (void)state;

    for (int s = 0; s < ISSUANCE_STATE_COUNT; s++) {
        struct world w;

        if (is_waiting((enum issuance_state)s))
            continue;
        open_world(&w, (enum issuance_state)s);
        ack(&w, "edge_1", T0, 5);
        ack(&w, "edge_2", T0, 5);
        ok(due_at(&w) == LATER, "%s is woken", issuance_state_name((enum issuance_state)s));
        fixture_close(&w.f);
    }
    all_ok();
}

/* One edge of several is gone: what the others said is stored. */
static void test_gone_edge(void **state)
{
    const struct edge_ack acks[] = {{"edge_gone", T0, 5}, {"edge_1", T0, 7}};
    const struct edge *edge;
    struct world w;
    (void)state;

    open_world(&w, ISSUANCE_PUBLISHING);
    MUST(&w.f, app_edge_acks(&w.app, w.f.mem, &(struct edge_acks){GROUP, acks, 2}, NOW, &w.f.err));
    MUST(&w.f, edge_store_get(w.f.mem, w.f.db, "edge_1", &edge, &w.f.err));
    ok(edge->ack_epoch == T0 && edge->ack_seq == 7 && edge->acked_at == NOW &&
           edge->polled_at == NOW,
       "%lld-%lld", (long long)edge->ack_epoch, (long long)edge->ack_seq);
    fixture_close(&w.f);
    all_ok();
}

static const struct job *epoch_job(struct world *w)
{
    const struct job *job;

    MUST(&w->f, job_store_find(w->f.mem, w->f.db, "epoch", GROUP, &job, &w->f.err));
    return job;
}

static size_t count_events(struct world *w)
{
    const struct scope all = scope_platform();
    const struct event_filter filter = {.page = {.limit = 10}, .subject_id = "edge_1"};
    struct event_list list;

    MUST(&w->f, event_store_list(w->f.mem, w->f.db, &all, &filter, &list, &w->f.err));
    return list.count;
}

/* What proves that the store is an older copy. The feed is at the head that open_world() gave it.
 */
static void test_ahead(void **state)
{
    static const struct {
        int64_t epoch, seq; /* relative to the head */
        bool is_proof;
        const char *what;
    } rows[] = {
        {0, 0, false, "at the head"},
        {0, 1, true, "one ahead"},
        {-1, 1000, false, "of an epoch before"},
        {1, 0, true, "of an epoch after"},
    };
    struct feed_head head;
    struct world w;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        open_world(&w, ISSUANCE_PUBLISHING);
        MUST(&w.f, feed_store_head(w.f.db, GROUP, &head, &w.f.err));
        ack(&w, "edge_1", head.epoch + rows[i].epoch, head.seq + rows[i].seq);
        ack(&w, "edge_1", head.epoch + rows[i].epoch, head.seq + rows[i].seq);
        ok(!epoch_job(&w) == !rows[i].is_proof, "%s: the job", rows[i].what);
        ok(count_events(&w) == (size_t)rows[i].is_proof, "%s: told once", rows[i].what);
        MUST(&w.f, feed_store_head(w.f.db, GROUP, &head, &w.f.err));
        ok(head.ahead_epoch == (rows[i].is_proof ? head.epoch + rows[i].epoch : 0), "%s: noted",
           rows[i].what);
        fixture_close(&w.f);
    }
    open_world(&w, ISSUANCE_PUBLISHING);
    ack(&w, "edge_1", clock_real_ms() + RESTORE_FUTURE_MS + 60000, 1);
    ok(!epoch_job(&w), "an epoch of the far future is believed");
    fixture_close(&w.f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wake), cmocka_unit_test(test_places_of_a_lost_life),
        cmocka_unit_test(test_other_states_sleep), cmocka_unit_test(test_gone_edge),
        cmocka_unit_test(test_ahead)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
