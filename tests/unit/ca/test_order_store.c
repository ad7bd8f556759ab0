/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/challenge_store.h"
#include "check.h"
#include "store_dir.h"
#include "store_world.h"

static enum ca_status order_status(struct world *w)
{
    const struct ca_order *order;

    must(ca_order_get(w->mem, w->db, w->order, &order, &err));
    return order->status;
}

static void validate(struct world *w, size_t i)
{
    int64_t id;

    must(ca_challenge_start(w->mem, w->db, w->authorizations[i], CA_CHALLENGE_HTTP_01, &id, &err));
    must(ca_challenge_finish(w->db, id, NULL, "[]", AT + 5, &err));
    must(ca_authorization_validate(w->db, w->authorizations[i], AT + 9000, &err));
    must(ca_order_ready_by(w->db, w->authorizations[i], &err));
}

/* Which orders stand in the way of another replacement of the same certificate. */
static void test_replacing(void **state)
{
    struct world *w = *state;
    bool is_replacing;

    must(ca_order_is_replacing(w->mem, w->db, "aki.2", AT, &is_replacing, &err));
    assert_false(is_replacing);
    must(ca_order_is_replacing(w->mem, w->db, "aki.1", AT + 999, &is_replacing, &err));
    assert_true(is_replacing); /* pending */
    must(ca_order_is_replacing(w->mem, w->db, "aki.1", AT + 1000, &is_replacing, &err));
    assert_false(is_replacing); /* expired */
    validate(w, 0);
    validate(w, 1);
    must(ca_order_is_replacing(w->mem, w->db, "aki.1", AT + 999, &is_replacing, &err));
    assert_true(is_replacing); /* ready */
    must(ca_order_finalize(w->db, w->order, slice_str("r"), &err));
    must(ca_order_is_replacing(w->mem, w->db, "aki.1", AT + 1000, &is_replacing, &err));
    assert_true(is_replacing); /* processing, and then valid: for good */
    must(ca_order_complete(w->db, w->order, "05ab", &err));
    must(ca_order_is_replacing(w->mem, w->db, "aki.1", AT * 2, &is_replacing, &err));
    assert_true(is_replacing);
}

static void test_failed_replacement(void **state)
{
    struct world *w = *state;
    bool is_replacing;

    must(ca_authorization_invalidate(w->db, w->authorizations[1], &err));
    must(ca_order_invalid_by(w->db, w->authorizations[1], &err));
    must(ca_order_is_replacing(w->mem, w->db, "aki.1", AT, &is_replacing, &err));
    assert_false(is_replacing);
}

/* Ready only when all that it needs is there; then each step once. */
static void test_order_life(void **state)
{
    struct world *w = *state;
    struct slice csr = slice_str("request");
    const struct ca_order *order;

    validate(w, 0);
    assert_int_equal(order_status(w), CA_STATUS_PENDING);
    assert_false(ca_order_finalize(w->db, w->order, csr, &err));
    assert_int_equal(err.code, ERR_LOST_RACE);
    validate(w, 1);
    assert_int_equal(order_status(w), CA_STATUS_READY);
    must(ca_order_finalize(w->db, w->order, csr, &err));
    assert_false(ca_order_finalize(w->db, w->order, csr, &err));
    assert_int_equal(err.code, ERR_LOST_RACE);
    must(ca_order_complete(w->db, w->order, "05ab", &err));
    assert_false(ca_order_complete(w->db, w->order, "05ac", &err));
    assert_false(ca_order_fail(w->db, w->order, "{}", &err));
    must(ca_order_get(w->mem, w->db, w->order, &order, &err));
    assert_int_equal(order->status, CA_STATUS_VALID);
    assert_string_equal(order->serial, "05ab");
    assert_true(slice_eq(order->csr, csr));
    assert_string_equal(ca_names_text(w->mem, &order->names), "a.test,b.test");
}

static void test_failed_authorization_fails_the_order(void **state)
{
    struct world *w = *state;

    validate(w, 0);
    must(ca_authorization_invalidate(w->db, w->authorizations[1], &err));
    must(ca_order_invalid_by(w->db, w->authorizations[1], &err));
    assert_int_equal(order_status(w), CA_STATUS_INVALID);
    must(ca_order_ready_by(w->db, w->authorizations[0], &err));
    assert_int_equal(order_status(w), CA_STATUS_INVALID);
}

static void test_failed_order(void **state)
{
    struct world *w = *state;
    const struct ca_order *order;

    validate(w, 0);
    validate(w, 1);
    must(ca_order_finalize(w->db, w->order, slice_str("r"), &err));
    must(ca_order_fail(w->db, w->order, "{\"type\":\"x\"}", &err));
    must(ca_order_get(w->mem, w->db, w->order, &order, &err));
    assert_int_equal(order->status, CA_STATUS_INVALID);
    assert_string_equal(order->error, "{\"type\":\"x\"}");
}

static bool has_open(struct world *w, const struct ca_claim *claim)
{
    const struct ca_order *order;

    must(ca_order_find_open(w->mem, w->db, claim, &order, &err));
    return order && order->id == w->order;
}

static void test_open_order(void **state)
{
    struct world *w = *state;
    static const char *const one[] = {"a.test"};
    struct ca_claim claim = {
        .account_id = w->account, .names = two_names(), .profile = "classic", .at = AT};
    struct ca_claim other = claim;

    assert_true(has_open(w, &claim));
    other.names = (struct ca_names){.items = one, .count = 1};
    assert_false(has_open(w, &other));
    other = claim;
    other.account_id++;
    assert_false(has_open(w, &other));
    other = claim;
    other.at = AT + 999;
    assert_true(has_open(w, &other));
    other.at = AT + 1000;
    assert_false(has_open(w, &other));
    must(ca_order_invalid_by(w->db, w->authorizations[0], &err));
    assert_false(has_open(w, &claim));
}

/* One challenge of an authorization, whatever its type, and one end of it. */
static void test_challenge_once(void **state)
{
    struct world *w = *state;
    const struct ca_challenge *challenge;
    int64_t authorization = w->authorizations[0], id, other;

    must(ca_challenge_of(w->mem, w->db, authorization, &challenge, &err));
    assert_null(challenge);
    must(ca_challenge_start(w->mem, w->db, authorization, CA_CHALLENGE_DNS_01, &id, &err));
    for (int i = 0; i < CA_CHALLENGE_COUNT; i++) {
        assert_false(ca_challenge_start(w->mem, w->db, authorization, (enum ca_challenge_type)i,
                                        &other, &err));
        assert_int_equal(err.code, ERR_LOST_RACE);
    }
    must(ca_challenge_of(w->mem, w->db, authorization, &challenge, &err));
    assert_int_equal(challenge->id, id);
    assert_int_equal(challenge->status, CA_STATUS_PROCESSING);
    must(ca_challenge_finish(w->db, id, "{}", "[]", AT, &err));
    must(ca_challenge_get(w->mem, w->db, id, &challenge, &err));
    assert_int_equal(challenge->type, CA_CHALLENGE_DNS_01);
    assert_int_equal(challenge->status, CA_STATUS_INVALID);
    assert_string_equal(challenge->error, "{}");
    assert_false(ca_challenge_finish(w->db, id, NULL, NULL, AT, &err));
    assert_int_equal(err.code, ERR_LOST_RACE);
}

static void test_authorizations(void **state)
{
    struct world *w = *state;
    struct ca_claim claim = {.account_id = w->account, .names = two_names(), .at = AT + 8999};
    const struct ca_authorization *authorization;
    size_t count = 9;

    must(ca_authorization_get(w->mem, w->db, w->authorizations[0], &authorization, &err));
    assert_string_equal(authorization->name, "a.test");
    assert_string_equal(authorization->token, "token");
    validate(w, 0);
    must(ca_authorization_count_valid(w->mem, w->db, &claim, &count, &err));
    assert_int_equal(count, 1);
    claim.at++;
    must(ca_authorization_count_valid(w->mem, w->db, &claim, &count, &err));
    assert_int_equal(count, 0);
    must(ca_authorization_deactivate(w->db, w->authorizations[0], &err));
    assert_false(ca_authorization_deactivate(w->db, w->authorizations[0], &err));
    assert_int_equal(err.code, ERR_LOST_RACE);
}

static void test_what_was_left_in_processing(void **state)
{
    struct world *w = *state;
    int64_t started[2];
    struct ca_ids ids;

    for (size_t i = 0; i < ARRAY_LEN(started); i++)
        must(ca_challenge_start(w->mem, w->db, w->authorizations[i], CA_CHALLENGE_HTTP_01,
                                &started[i], &err));
    must(ca_challenge_processing(w->mem, w->db, 0, &ids, &err));
    assert_int_equal(ids.count, 2);
    must(ca_challenge_processing(w->mem, w->db, ids.items[0], &ids, &err));
    assert_int_equal(ids.count, 1);
    assert_int_equal(ids.items[0], started[1]);
    must(ca_order_processing(w->mem, w->db, 0, &ids, &err));
    assert_int_equal(ids.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(test_replacing),
        IN_A_WORLD(test_failed_replacement),
        IN_A_WORLD(test_order_life),
        IN_A_WORLD(test_failed_authorization_fails_the_order),
        IN_A_WORLD(test_failed_order),
        IN_A_WORLD(test_open_order),
        IN_A_WORLD(test_challenge_once),
        IN_A_WORLD(test_authorizations),
        IN_A_WORLD(test_what_was_left_in_processing),
    };

    return cmocka_run_group_tests(tests, store_dir_make, store_dir_remove);
}
