/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "ca/account_store.h"
#include "ca/authorization_store.h"
#include "ca/certificate_store.h"
#include "ca/challenge_store.h"
#include "ca/journal_store.h"
#include "ca/limit_store.h"
#include "ca/tidy.h"
#include "check.h"
#include "store_dir.h"

#define AT INT64_C(1800000000000)

struct world {
    struct arena *mem;
    struct db *db;
    int64_t account;
};

static struct err err;

static bool must(bool is_done)
{
    if (!is_done)
        fail_msg("%s", err.text);
    return true;
}

static int set_up(void **state)
{
    struct arena *mem = arena_new();
    struct world *w = arena_new_of(mem, struct world);
    struct ca_account account = {.key_hash = "key",
                                 .jwk = "{}",
                                 .status = CA_STATUS_VALID,
                                 .contact = "[]",
                                 .created_at = AT};

    w->mem = mem;
    w->db = store_dir_open(mem);
    must(ca_account_add(mem, w->db, &account, &w->account, &err) &&
         ca_issuer_add(w->db, &(struct ca_issuer){"issuer", "PEM", NULL, AT}, &err));
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    db_close(w->db);
    arena_free(w->mem);
    return 0;
}

/* An order for one name, with its authorization and challenge; both end at `expires_at`. */
static struct ca_order add_order(const struct world *w, struct db *tx, const char *name,
                                 int64_t expires_at, int64_t *authorization_id)
{
    struct ca_order order = {
        .account_id = w->account,
        .status = CA_STATUS_PENDING,
        .names = {.items = arena_memdup(w->mem, &name, sizeof(name)), .count = 1},
        .profile = "classic",
        .created_at = AT,
        .expires_at = expires_at};
    struct ca_authorization authorization = {.account_id = w->account,
                                             .name = name,
                                             .profile = "classic",
                                             .token = "token",
                                             .created_at = AT,
                                             .expires_at = expires_at};
    int64_t challenge_id;

    must(ca_authorization_add(w->mem, tx, &authorization, authorization_id, &err) &&
         ca_challenge_start(w->mem, tx, *authorization_id, CA_CHALLENGE_HTTP_01, &challenge_id,
                            &err) &&
         ca_order_add(w->mem, tx, &order, &order.id, &err) &&
         ca_order_need(tx, order.id, *authorization_id, &err));
    return order;
}

static bool has_order(const struct world *w, int64_t id)
{
    const struct ca_order *order;

    must(ca_order_get(w->mem, w->db, id, &order, &err));
    return order != NULL;
}

static bool has_authorization(const struct world *w, int64_t id)
{
    const struct ca_authorization *authorization;

    must(ca_authorization_get(w->mem, w->db, id, &authorization, &err));
    return authorization != NULL;
}

/* Until nothing is left to do; how many batches that took. */
static int tidy_all(const struct world *w, int64_t at)
{
    bool is_more = true;
    int batches = 0;

    while (is_more) {
        must(ca_tidy_batch(w->db, at, &is_more, &err));
        batches++;
    }
    return batches;
}

static void complete(const struct world *w, const struct ca_order *order, int64_t authorization_id)
{
    const struct ca_issued issued = {.serial = "05aa",
                                     .order_id = order->id,
                                     .account_id = w->account,
                                     .issuer_id = "issuer",
                                     .names = order->names,
                                     .der = SLICE_LIT("der"),
                                     .key_hash = "hash",
                                     .not_before = AT,
                                     .not_after = AT + 1000,
                                     .created_at = AT};

    must(ca_authorization_validate(w->db, authorization_id, AT, &err) &&
         ca_order_ready_by(w->db, authorization_id, &err) &&
         ca_order_finalize(w->db, order->id, SLICE_LIT("csr"), &err) &&
         ca_issued_add(w->mem, w->db, &issued, &err) &&
         ca_order_complete(w->db, order->id, "05aa", &err));
}

/* Orders in each state, and what each stands for a millisecond before and after its time. */
static void test_what_ends(void **state)
{
    struct world *w = *state;
    int64_t authorizations[5], newest;
    struct ca_order pending = add_order(w, w->db, "pending.test", AT, &authorizations[0]);
    struct ca_order failed = add_order(w, w->db, "failed.test", AT, &authorizations[1]);
    struct ca_order valid = add_order(w, w->db, "valid.test", AT, &authorizations[2]);
    struct ca_order later = add_order(w, w->db, "later.test", AT + 1, &authorizations[3]);
    struct ca_order processing = add_order(w, w->db, "processing.test", AT, &authorizations[4]);
    struct ca_order last = add_order(w, w->db, "last.test", AT, &newest);
    const struct ca_issued *issued;
    const struct ca_challenge *challenge;
    struct ca_ids needs;

    must(ca_authorization_invalidate(w->db, authorizations[1], &err) &&
         ca_order_invalid_by(w->db, authorizations[1], &err));
    complete(w, &valid, authorizations[2]);
    must(ca_authorization_validate(w->db, authorizations[4], AT, &err) &&
         ca_order_ready_by(w->db, authorizations[4], &err) &&
         ca_order_finalize(w->db, processing.id, SLICE_LIT("csr"), &err));

    (void)tidy_all(w, AT + CA_ENDED_KEPT_MS);
    assert_true(has_order(w, pending.id) && has_authorization(w, authorizations[0]));
    (void)tidy_all(w, AT + CA_ENDED_KEPT_MS + 1);
    ok(!has_order(w, pending.id) && !has_authorization(w, authorizations[0]), "pending");
    ok(!has_order(w, failed.id) && !has_authorization(w, authorizations[1]), "failed");
    ok(has_order(w, valid.id) && !has_authorization(w, authorizations[2]), "valid");
    ok(has_order(w, later.id) && has_authorization(w, authorizations[3]), "later");
    ok(has_order(w, processing.id) && !has_authorization(w, authorizations[4]), "processing");
    ok(has_order(w, last.id) && has_authorization(w, newest), "the newest");
    must(ca_challenge_of(w->mem, w->db, authorizations[0], &challenge, &err) &&
         ca_order_needs(w->mem, w->db, valid.id, &needs, &err) &&
         ca_issued_get(w->mem, w->db, "05aa", &issued, &err));
    ok(!challenge && needs.count == 0, "challenges and needs");
    ok(issued != NULL, "the certificate");
    all_ok();
}

/* With everything ended the next ids are new ones. */
static void test_ids_are_not_used_again(void **state)
{
    struct world *w = *state;
    int64_t authorizations[3];
    struct ca_order first = add_order(w, w->db, "a.test", AT, &authorizations[0]);
    struct ca_order second = add_order(w, w->db, "b.test", AT, &authorizations[1]);
    struct ca_order third;

    (void)tidy_all(w, AT + 2 * CA_ENDED_KEPT_MS);
    assert_false(has_order(w, first.id));
    third = add_order(w, w->db, "c.test", AT, &authorizations[2]);
    assert_true(third.id > second.id && authorizations[2] > authorizations[1]);
}

/* Each batch takes its number and no more, of each kind. */
static void test_batches(void **state)
{
    static const struct {
        int count, batches;
    } rows[] = {{CA_TIDY_BATCH - 1, 1}, {CA_TIDY_BATCH, 2}, {CA_TIDY_BATCH + 1, 2}};
    int64_t at = AT + CA_ENDED_KEPT_MS + 1;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(db_tx_endp) struct db *tx = NULL;
        struct world *w;
        int64_t count, id;

        set_up((void **)&w);
        must(db_tx_begin(w->db, &tx, &err));
        for (int k = 0; k <= rows[i].count; k++) /* and the newest, which stays */
            add_order(w, tx, "a.test", AT, &id);
        must(db_tx_commit(&tx, &err));
        ok(tidy_all(w, at) == rows[i].batches, "%d orders: batches", rows[i].count);
        must(db_tx_begin(w->db, &tx, &err) && ca_order_tidy(tx, at, CA_TIDY_BATCH, &count, &err));
        ok(count == 0, "%d orders: %lld left", rows[i].count, (long long)count);
        db_tx_endp(&tx);
        tear_down((void **)&w);
    }
    all_ok();
}

static int64_t bucket(const struct world *w, const char *subject)
{
    int64_t tat_us;

    must(ca_bucket_get(w->mem, w->db, "certificates_per_set", subject, &tat_us, &err));
    return tat_us;
}

static void test_buckets(void **state)
{
    struct world *w = *state;

    must(ca_bucket_set(w->db, "certificates_per_set", "full", AT * 1000 - 1, &err) &&
         ca_bucket_set(w->db, "certificates_per_set", "not full", AT * 1000, &err));
    (void)tidy_all(w, AT);
    assert_int_equal(bucket(w, "full"), 0);
    assert_int_equal(bucket(w, "not full"), AT * 1000);
}

static size_t count_journal(const struct world *w)
{
    struct ca_journal journal;

    must(
        ca_journal_list(w->mem, w->db, &(struct ca_journal_filter){.limit = 1000}, &journal, &err));
    return journal.count;
}

static void test_journal(void **state)
{
    struct world *w = *state;
    struct ca_journal_entry entry = {
        .kind = CA_JOURNAL_ORDER_CREATED, .subject = "1", .detail = ""};

    for (int i = 0; i < 5; i++) {
        entry.at = AT + i;
        must(ca_journal_add(w->db, &entry, &err));
    }
    (void)tidy_all(w, AT + CA_JOURNAL_KEPT_MS);
    assert_int_equal(count_journal(w), 5);
    (void)tidy_all(w, AT + 2 + CA_JOURNAL_KEPT_MS);
    assert_int_equal(count_journal(w), 3);
    (void)tidy_all(w, AT + 2 * CA_JOURNAL_KEPT_MS);
    assert_int_equal(count_journal(w), 1);
}

/* The thread does it by itself, and ends when it is told to. */
static void test_thread(void **state)
{
    struct world *w = *state;
    struct ca_tidy *tidy;
    int64_t ids[2];
    struct ca_order old = add_order(w, w->db, "a.test", 1000, &ids[0]);

    add_order(w, w->db, "b.test", AT, &ids[1]);
    tidy = ca_tidy_start(w->db);
    for (int i = 0; i < 500 && has_order(w, old.id); i++)
        usleep(10000);
    ca_tidy_stop(tidy);
    ca_tidy_stop(NULL);
    assert_false(has_order(w, old.id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ids_are_not_used_again, set_up, tear_down),
        cmocka_unit_test(test_batches),
        cmocka_unit_test_setup_teardown(test_buckets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_journal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_thread, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, store_dir_make, store_dir_remove);
}
