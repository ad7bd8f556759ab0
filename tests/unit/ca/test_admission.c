/* SPDX-License-Identifier: Apache-2.0 */

/* Let's Encrypt's own limits, at their own numbers, in the CA's own database: how many are let
 * through, what the next one is told, and that the promised second holds. */
#include "ca/admission.h"
#include "ca/limit_store.h"
#include "ca/order_store.h"
#include "check.h"
#include "store_dir.h"

#define AT   INT64_C(1800000000000) /* 2027-01-15 08:00:00 UTC */
#define S    INT64_C(1000)
#define HOUR (3600 * S)
#define DAY  (24 * HOUR)

static struct err err;

struct world {
    struct ca ca;
    struct arena *mem;
    struct http_req req;
    struct ca_account account;
    struct ca_call call;
    int64_t serial;
};

static void must(bool is_done)
{
    if (!is_done)
        fail_msg("%s", err.text);
}

static void add_account(struct world *w)
{
    w->account = (struct ca_account){.key_hash = "key",
                                     .jwk = "{}",
                                     .status = CA_STATUS_VALID,
                                     .contact = "[]",
                                     .created_at = AT};
    must(ca_account_add(w->mem, w->ca.db, &w->account, &w->account.id, &err));
}

static int set_up(void **state)
{
    struct arena *mem = arena_new();
    struct world *w = arena_new_of(mem, struct world);

    w->mem = mem;
    w->ca.options.public_url = "https://ca.test";
    w->ca.limits = ca_limits_letsencrypt;
    w->ca.public_suffixes = psl_latest(NULL);
    w->ca.db = store_dir_open(mem);
    must(ca_issuer_add(w->ca.db, &(struct ca_issuer){"issuer", "", NULL, AT}, &err));
    w->req.client = "192.0.2.1";
    add_account(w);
    w->call = (struct ca_call){
        .ca = &w->ca, .mem = mem, .req = &w->req, .now = AT, .account = &w->account};
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    db_close(w->ca.db);
    psl_free(w->ca.public_suffixes);
    arena_free(w->mem);
    return 0;
}

/* What an order is told; "" when it is let through, and then what it took is stored. */
static const char *order_told(struct world *w, const char *names, bool is_in_window)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_names list = ca_names_split(w->mem, names);
    struct ca_problem problem = {0};

    must(db_tx_begin(w->ca.db, &tx, &err));
    if (!ca_admit_order(&w->call, tx, &list, is_in_window, &problem))
        return arena_printf(w->mem, "%s", problem.detail);
    must(db_tx_commit(&tx, &err));
    return "";
}

static bool may_order(struct world *w, const char *names)
{
    return !*order_told(w, names, false);
}

static const char *account_told(struct world *w, const char *client)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_problem problem = {0};

    w->req.client = client;
    must(db_tx_begin(w->ca.db, &tx, &err));
    if (!ca_admit_account(&w->call, tx, &problem))
        return arena_printf(w->mem, "%s", problem.detail);
    must(db_tx_commit(&tx, &err));
    return "";
}

static void issue(struct world *w, const char *names)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_order order = {.account_id = w->account.id,
                             .names = ca_names_split(w->mem, names),
                             .profile = "classic",
                             .created_at = w->call.now,
                             .expires_at = w->call.now + DAY};
    struct ca_issued issued = {.serial = arena_printf(w->mem, "%lld", (long long)++w->serial),
                               .account_id = w->account.id,
                               .issuer_id = "issuer",
                               .names = order.names,
                               .der = SLICE_LIT("der"),
                               .key_hash = "key",
                               .created_at = w->call.now};

    must(db_tx_begin(w->ca.db, &tx, &err));
    must(ca_order_add(w->mem, tx, &order, &issued.order_id, &err));
    must(ca_count_issued(w->mem, &w->ca, tx, &issued, &err));
    must(ca_issued_add(w->mem, tx, &issued, &err));
    must(db_tx_commit(&tx, &err));
}

static void validate(struct world *w, const char *name, bool is_valid)
{
    const struct ca_validated validated = {w->account.id, name, w->call.now, is_valid};

    must(ca_count_validated(w->mem, &w->ca, w->ca.db, &validated, &err));
}

static void fail_often(struct world *w, const char *name, int times)
{
    const struct ca_validated validated = {w->account.id, name, w->call.now, false};
    AUTO(db_tx_endp) struct db *tx = NULL;

    must(db_tx_begin(w->ca.db, &tx, &err));
    for (int i = 0; i < times; i++)
        must(ca_count_validated(w->mem, &w->ca, tx, &validated, &err));
    must(db_tx_commit(&tx, &err));
}

/* 300 orders in 3 hours. */
/* req: R45 */
static void test_orders(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 300; i++)
        ok(may_order(w, arena_printf(w->mem, "n%d.example", i)), "order %d", i + 1);
    assert_string_equal(order_told(w, "next.example", false),
                        "too many new orders (300) from this account in the last 3h0m0s, retry "
                        "after 2027-01-15 08:00:36 UTC: see "
                        "https://ca.test/limits#new-orders-per-account");
    assert_string_equal(order_told(w, "next.example", true), ""); /* inside a window */
    w->call.now = AT + 36 * S - 1;
    assert_false(may_order(w, "next.example"));
    w->call.now = AT + 36 * S;
    assert_true(may_order(w, "next.example"));
    assert_false(may_order(w, "next.example"));
    w->account.id++; /* another account's bucket */
    assert_true(may_order(w, "next.example"));
    all_ok();
}

/* 50 certificates of a registered domain in 7 days; exact renewals are neither held nor counted. */
static void test_certificates_of_a_domain(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 50; i++) {
        const char *name = arena_printf(w->mem, "n%d.shop.co.uk", i);

        ok(may_order(w, name), "order %d", i + 1);
        issue(w, name);
    }
    assert_string_equal(order_told(w, "other.shop.co.uk", false),
                        "too many certificates (50) already issued for \"shop.co.uk\" in the last "
                        "168h0m0s, retry after 2027-01-15 11:21:36 UTC: see "
                        "https://ca.test/limits#new-certificates-per-registered-domain");
    assert_true(may_order(w, "another.co.uk")); /* co.uk is a public suffix */
    assert_true(may_order(w, "n7.shop.co.uk")); /* the same names again */
    issue(w, "n7.shop.co.uk");
    assert_false(may_order(w, "n7.shop.co.uk,n8.shop.co.uk"));
    w->call.now = AT + 12096 * S - 1;
    assert_false(may_order(w, "other.shop.co.uk"));
    w->call.now = AT + 12096 * S;
    assert_true(may_order(w, "other.shop.co.uk"));
    all_ok();
}

/* 5 certificates of the same names in 7 days, of all accounts. */
static void test_certificates_of_a_set(void **state)
{
    struct world *w = *state;
    const char *names = "set.example,www.set.example";

    for (int i = 0; i < 5; i++) {
        ok(may_order(w, names), "order %d", i + 1);
        issue(w, names);
    }
    assert_string_equal(order_told(w, names, false),
                        "too many certificates (5) already issued for this exact set of "
                        "identifiers in the last 168h0m0s, retry after 2027-01-16 17:36:00 UTC: "
                        "see https://ca.test/limits#new-certificates-per-exact-set-of-identifiers");
    assert_string_equal(order_told(w, names, true), "");
    assert_true(may_order(w, "set.example"));
    w->call.now = AT + 120960 * S - 1;
    assert_false(may_order(w, names));
    w->call.now = AT + 120960 * S;
    assert_true(may_order(w, names));
    all_ok();
}

/* A renewal of the same names: 120 days after their certificate it is none any more. */
static void test_renewals(void **state)
{
    static const struct {
        int64_t after;
        bool is_exempt;
    } rows[] = {{0, true}, {60 * DAY, true}, {120 * DAY - 1, true}, {120 * DAY, false}};
    struct world *w = *state;

    w->ca.limits = ca_limits_none;
    w->ca.limits.items[CA_LIMIT_ORDERS_PER_ACCOUNT] = (struct ca_limit){1, 31536000, 1};
    issue(w, "a.example,b.example");
    assert_true(may_order(w, "first.example")); /* the one of the year */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        w->call.now = AT + rows[i].after;
        ok(may_order(w, "a.example,b.example") == rows[i].is_exempt, "row %zu", i);
        ok(!may_order(w, "a.example"), "row %zu: one of the names", i);
    }
    all_ok();
}

/* 5 failures of a name in an hour, for one account. */
static void test_failures(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 5; i++) {
        ok(may_order(w, "bad.example"), "order %d", i + 1);
        validate(w, "bad.example", false);
    }
    assert_string_equal(order_told(w, "bad.example,good.example", false),
                        "too many failed authorizations (5) for \"bad.example\" in the last "
                        "1h0m0s, retry after 2027-01-15 08:12:00 UTC: see "
                        "https://ca.test/limits#authorization-failures-per-identifier-per-account");
    assert_true(may_order(w, "good.example"));
    validate(w, "bad.example", true); /* gives nothing back */
    w->call.now = AT + 720 * S - 1;
    assert_false(may_order(w, "bad.example"));
    w->call.now = AT + 720 * S;
    assert_true(may_order(w, "bad.example"));
    w->call.now = AT;
    w->account.id++;
    assert_true(may_order(w, "bad.example"));
    all_ok();
}

/* 1152 failures in a row are borne; the next one pauses the name. */
static void test_pausing(void **state)
{
    struct world *w = *state;
    const char *told;
    int64_t count, account_id;

    w->ca.limits = ca_limits_none;
    w->ca.limits.items[CA_LIMIT_FAILURES_IN_A_ROW] =
        ca_limits_letsencrypt.items[CA_LIMIT_FAILURES_IN_A_ROW];
    fail_often(w, "zombie.example", 1152);
    assert_true(may_order(w, "zombie.example"));
    validate(w, "zombie.example", true);
    fail_often(w, "zombie.example", 1152);
    assert_true(may_order(w, "zombie.example"));
    validate(w, "zombie.example", false);
    told = order_told(w, "good.example,zombie.example", true); /* a window does not help */
    assert_non_null(strstr(told, "Your account is temporarily prevented from requesting "
                                 "certificates for zombie.example and possibly others. Please "
                                 "visit: https://ca.test/unpause/"));
    assert_string_equal(order_told(w, "zombie.example", false), told); /* one page */
    w->call.now = AT + 400 * DAY;
    assert_false(may_order(w, "zombie.example")); /* time does not help either */
    assert_true(may_order(w, "good.example"));
    must(ca_unpause_find(w->mem, w->ca.db, strrchr(told, '/') + 1, &account_id, &err));
    assert_int_equal(account_id, w->account.id);
    must(ca_pause_end(w->ca.db, w->account.id + 1, &count, &err));
    assert_int_equal(count, 0);
    must(ca_pause_end(w->ca.db, account_id, &count, &err));
    assert_int_equal(count, 1);
    assert_true(may_order(w, "zombie.example"));
}

/* 10 accounts of an address in 3 hours; 500 of a /48, whatever the addresses. */
static void test_accounts(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 10; i++)
        ok(!*account_told(w, "192.0.2.1"), "account %d", i + 1);
    assert_string_equal(account_told(w, "192.0.2.1"),
                        "too many new registrations (10) from this IP address in the last 3h0m0s, "
                        "retry after 2027-01-15 08:18:00 UTC: see "
                        "https://ca.test/limits#new-registrations-per-ip-address");
    assert_string_equal(account_told(w, "192.0.2.2"), "");
    assert_string_equal(account_told(w, ""), "");
    for (unsigned i = 0; i < 500; i++)
        ok(!*account_told(w, arena_printf(w->mem, "2001:db8:1:%x::1", i)), "account %u", i + 1);
    assert_string_equal(
        account_told(w, "2001:db8:1:ffff::1"),
        "too many new registrations (500) from this /48 subnet of IPv6 addresses in "
        "the last 3h0m0s, retry after 2027-01-15 08:00:22 UTC: see "
        "https://ca.test/limits#new-registrations-per-ipv6-range");
    assert_string_equal(account_told(w, "2001:db8:2::1"), "");
    w->call.now = AT + 21600 - 1; /* 500 in 3 hours; what is told is rounded up */
    assert_string_not_equal(account_told(w, "2001:db8:1:ffff::1"), "");
    w->call.now = AT + 22 * S;
    assert_string_equal(account_told(w, "2001:db8:1:ffff::1"), "");
    w->call.now = AT + 1080 * S - 1;
    assert_string_not_equal(account_told(w, "192.0.2.1"), "");
    w->call.now = AT + 1080 * S;
    assert_string_equal(account_told(w, "192.0.2.1"), "");
    assert_string_not_equal(account_told(w, "192.0.2.1"), "");
    all_ok();
}

/* Of several that are empty the one that is free last is named; and what was taken is given back.
 */
static void test_the_last_counts(void **state)
{
    struct world *w = *state;

    w->ca.limits = ca_limits_none;
    w->ca.limits.items[CA_LIMIT_ORDERS_PER_ACCOUNT] = (struct ca_limit){1, 60, 1};
    w->ca.limits.items[CA_LIMIT_FAILURES_PER_NAME] = (struct ca_limit){1, 3600, 1};
    validate(w, "bad.example", false);
    for (int i = 0; i < 3; i++)
        ok(strstr(order_told(w, "bad.example", false), "too many failed") != NULL, "%d", i);
    assert_true(may_order(w, "good.example")); /* the account's token is still there */
    ok(strstr(order_told(w, "good.example", false), "too many new orders") != NULL, "orders");
    ok(strstr(order_told(w, "bad.example", false), "too many failed") != NULL, "the later one");
    all_ok();
}

static void test_registered_domains(void **state)
{
    static const struct {
        const char *name, *domain;
    } rows[] = {
        {"a.b.shop.example", "shop.example"},    {"shop.example", "shop.example"},
        {"a.shop.co.uk", "shop.co.uk"},          {"co.uk", "co.uk"},
        {"me.github.io", "me.github.io"},        {"a.me.github.io", "me.github.io"},
        {"host.corp.internal", "corp.internal"}, {"*.a.shop.example", "shop.example"},
        {"*.shop.example", "shop.example"},      {"*.co.uk", "co.uk"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *domain = ca_registered_domain(&w->ca, rows[i].name);

        ok(strcmp(domain, rows[i].domain) == 0, "%s: %s", rows[i].name, domain);
    }
    all_ok();
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(test_orders),
        WITH_WORLD(test_certificates_of_a_domain),
        WITH_WORLD(test_certificates_of_a_set),
        WITH_WORLD(test_renewals),
        WITH_WORLD(test_failures),
        WITH_WORLD(test_pausing),
        WITH_WORLD(test_accounts),
        WITH_WORLD(test_the_last_counts),
        WITH_WORLD(test_registered_domains),
    };

    return cmocka_run_group_tests(tests, store_dir_make, store_dir_remove);
}
