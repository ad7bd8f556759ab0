/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/limit_file.h"
#include "ca/request_limit.h"
#include "check.h"

#define AT_US INT64_C(1800000000000000)

static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < CA_LIMIT_COUNT; i++) {
        enum ca_limit_id id = CA_LIMIT_COUNT;
        const char *name = ca_limit_name((enum ca_limit_id)i);

        ok(ca_limit_parse(name, &id) && (int)id == i, "row %d: %s", i, name);
        ok(*ca_limit_anchor((enum ca_limit_id)i), "%s has no anchor", name);
        ok(ca_limit_is_requests((enum ca_limit_id)i) == (strncmp(name, "requests_", 9) == 0),
           "%s: about requests", name);
        ok(ca_limits_none.items[i].count == 0, "%s is on without limits", name);
    }
    all_ok();
}

/* Let's Encrypt's numbers: how many at once, and when the next one is there (rounded down). */
static void test_letsencrypt(void **state)
{
    static const struct {
        enum ca_limit_id id;
        int64_t burst, next_s;
    } rows[] = {
        {CA_LIMIT_ACCOUNTS_PER_ADDRESS, 10, 1080},  {CA_LIMIT_ACCOUNTS_PER_NETWORK, 500, 21},
        {CA_LIMIT_ORDERS_PER_ACCOUNT, 300, 36},     {CA_LIMIT_CERTIFICATES_PER_DOMAIN, 50, 12096},
        {CA_LIMIT_CERTIFICATES_PER_SET, 5, 120960}, {CA_LIMIT_FAILURES_PER_NAME, 5, 720},
        {CA_LIMIT_FAILURES_IN_A_ROW, 1152, 86400},  {CA_LIMIT_REQUESTS_NONCE, 10, 0},
        {CA_LIMIT_REQUESTS_ACCOUNT, 15, 0},         {CA_LIMIT_REQUESTS_ORDER, 200, 0},
        {CA_LIMIT_REQUESTS_REVOKE, 100, 0},         {CA_LIMIT_REQUESTS_RENEWAL_INFO, 100, 0},
        {CA_LIMIT_REQUESTS_DIRECTORY, 40, 0},       {CA_LIMIT_REQUESTS_OTHER, 125, 0},
    };

    (void)state;
    assert_int_equal(ARRAY_LEN(rows), CA_LIMIT_COUNT);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct ca_limit *limit = &ca_limits_letsencrypt.items[rows[i].id];
        const char *name = ca_limit_name(rows[i].id);
        struct ca_spending spent = {0};
        int64_t allowed = 0, wait_us;

        while ((spent = ca_limit_spend(limit, spent.tat_us, AT_US)).is_allowed)
            allowed++;
        wait_us = spent.retry_us - AT_US;
        ok(allowed == rows[i].burst, "%s: %lld at once", name, (long long)allowed);
        ok(wait_us / 1000000 == rows[i].next_s, "%s: the next after %lld us", name,
           (long long)wait_us);
        ok(!ca_limit_spend(limit, spent.tat_us, spent.retry_us - 1).is_allowed,
           "%s: a microsecond early", name);
        ok(ca_limit_spend(limit, spent.tat_us, spent.retry_us).is_allowed,
           "%s: refused at the promised time", name);
    }
    all_ok();
}

/* A bucket told directly: what is in it grows with time and never above its depth. */
struct bucket {
    int64_t interval, depth, content, at;
};

static bool bucket_take(struct bucket *bucket, int64_t now, int64_t *wait)
{
    int64_t content = bucket->content + (now - bucket->at);

    bucket->content = content > bucket->depth ? bucket->depth : content;
    bucket->at = now;
    *wait = bucket->interval - bucket->content;
    if (*wait > 0)
        return false;
    bucket->content -= bucket->interval;
    return true;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* One history of requests at random distances, of every length from none to a whole bucket. */
static bool histories_agree(const struct ca_limit *limit, uint64_t *random)
{
    int64_t interval = limit->period_s * 1000000 / limit->count, now = AT_US, tat = 0, wait;
    struct bucket bucket = {interval, interval * limit->burst, interval * limit->burst, now};

    for (int i = 0; i < 200; i++) {
        struct ca_spending spent;

        now +=
            (int64_t)(next_random(random) % (uint64_t)(2 * interval)) >> (next_random(random) % 8);
        spent = ca_limit_spend(limit, tat, now);
        tat = spent.tat_us;
        if (bucket_take(&bucket, now, &wait) != spent.is_allowed)
            return false;
        if (!spent.is_allowed && spent.retry_us != now + wait)
            return false;
    }
    return true;
}

static void test_against_a_simulation(void **state)
{
    uint64_t random = 20261125;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct ca_limit limit = {.count = 1 + (int64_t)(next_random(&random) % 1000),
                                 .period_s = 1 + (int64_t)(next_random(&random) % 604800),
                                 .burst = 1 + (int64_t)(next_random(&random) % 60)};

        ok(histories_agree(&limit, &random), "%lld in %lld s, burst %lld", (long long)limit.count,
           (long long)limit.period_s, (long long)limit.burst);
    }
    all_ok();
}

/* Nobody waits longer than for an empty bucket, however far the clock went back. */
static void test_a_clock_set_back(void **state)
{
    const struct ca_limit limit = {.count = 2, .period_s = 10, .burst = 2};
    struct ca_spending spent = ca_limit_spend(&limit, AT_US, AT_US - INT64_C(86400000000));

    (void)state;
    assert_false(spent.is_allowed);
    assert_int_equal(spent.retry_us, AT_US - INT64_C(86400000000) + 5000000);
}

static void test_file(void **state)
{
    static const struct {
        const char *text;
        const char *error; /* NULL: read, and orders_per_account is: */
        struct ca_limit orders;
    } rows[] = {
        {"", NULL, {300, 10800, 300}},
        {"# nothing\n\n \t\r\n", NULL, {300, 10800, 300}},
        {"orders_per_account 5 90s", NULL, {5, 90, 5}},
        {"orders_per_account 5 10m # few\n", NULL, {5, 600, 5}},
        {"orders_per_account\t5  3h 7\r\n", NULL, {5, 10800, 7}},
        {"orders_per_account 1000000 365d", NULL, {1000000, 31536000, 1000000}},
        {"orders_per_account 1 365d 100", NULL, {1, 31536000, 100}},
        {"orders_per_account 1 365d 101",
         "line 1: 1 each 31536000 s take over 100 years for a burst of 101",
         {0, 0, 0}},
        {"orders_per_account off\n", NULL, {0, 0, 0}},
        {"all off\nfailures_per_name 1 1h\n", NULL, {0, 0, 0}},
        {"all off\norders_per_account 1 1s\n", NULL, {1, 1, 1}},
        {"orders_per_account 1 1s\norders_per_account 2 1s\n", NULL, {2, 1, 2}},
        {"\norders 5 3h", "line 2: there is no limit \"orders\"", {0, 0, 0}},
        {"all 5 3h", "line 1: there is no limit \"all\"", {0, 0, 0}},
        {"orders_per_account",
         "line 1: neither \"NAME COUNT PERIOD [BURST]\" nor \"NAME off\"",
         {0, 0, 0}},
        {"orders_per_account on",
         "line 1: neither \"NAME COUNT PERIOD [BURST]\" nor \"NAME off\"",
         {0, 0, 0}},
        {"orders_per_account 5 3h 5 5",
         "line 1: neither \"NAME COUNT PERIOD [BURST]\" nor \"NAME off\"",
         {0, 0, 0}},
        {"orders_per_account 0 3h", "line 1: \"0\" is not a number from 1 to 1000000", {0, 0, 0}},
        {"orders_per_account 1000001 3h",
         "line 1: \"1000001\" is not a number from 1 to 1000000",
         {0, 0, 0}},
        {"orders_per_account 5 3h x", "line 1: \"x\" is not a number from 1 to 1000000", {0, 0, 0}},
        {"orders_per_account 5 3",
         "line 1: \"3\" is not a period such as 90s, 10m, 3h or 7d, of 365 days at most",
         {0, 0, 0}},
        {"orders_per_account 5 366d",
         "line 1: \"366d\" is not a period such as 90s, 10m, 3h or 7d, of 365 days at most",
         {0, 0, 0}},
        {"orders_per_account 5 0s",
         "line 1: \"0s\" is not a period such as 90s, 10m, 3h or 7d, of 365 days at most",
         {0, 0, 0}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const struct ca_limit *orders, *wanted = &rows[i].orders;
        struct ca_limits limits;
        struct err err = {0};

        if (!ca_limits_read(mem, slice_str(rows[i].text), &limits, &err)) {
            ok(rows[i].error && strcmp(err.text, rows[i].error) == 0, "row %zu: %s", i, err.text);
            continue;
        }
        orders = &limits.items[CA_LIMIT_ORDERS_PER_ACCOUNT];
        ok(!rows[i].error && orders->count == wanted->count &&
               orders->period_s == wanted->period_s && orders->burst == wanted->burst,
           "row %zu: %lld in %lld s, burst %lld", i, (long long)orders->count,
           (long long)orders->period_s, (long long)orders->burst);
    }
    all_ok();
}

static void test_choice(void **state)
{
    struct ca_limits limits;
    struct err err = {0};

    (void)state;
    assert_true(ca_limits_load("none", &limits, &err));
    assert_memory_equal(&limits, &ca_limits_none, sizeof(limits));
    assert_true(ca_limits_load("letsencrypt", &limits, &err));
    assert_memory_equal(&limits, &ca_limits_letsencrypt, sizeof(limits));
    assert_false(ca_limits_load("/nowhere/limits", &limits, &err));
    assert_string_equal(err.text, "there is no file /nowhere/limits with limits");
}

/* Each address has its own bucket, and more of them than there is room for let nobody wait who
 * should not. */
static void test_requests(void **state)
{
    static const struct ca_limit limit = {.count = 1, .period_s = 60, .burst = 2};
    struct ca_request_limits *requests = ca_request_limits_new();
    enum ca_limit_id id = CA_LIMIT_REQUESTS_NONCE;

    (void)state;
    for (int i = 0; i < 2; i++) {
        ok(ca_request_spend(requests, id, &limit, "192.0.2.1", AT_US).is_allowed, "%d", i);
        ok(ca_request_spend(requests, id, &limit, "2001:db8::1", AT_US).is_allowed, "%d", i);
    }
    ok(!ca_request_spend(requests, id, &limit, "192.0.2.1", AT_US).is_allowed, "the third");
    ok(ca_request_spend(requests, CA_LIMIT_REQUESTS_ORDER, &limit, "192.0.2.1", AT_US).is_allowed,
       "of another kind");
    ok(!ca_request_spend(requests, id, &limit, "192.0.2.1", AT_US + 60000000 - 1).is_allowed,
       "a microsecond early");
    ok(ca_request_spend(requests, id, &limit, "192.0.2.1", AT_US + 60000000).is_allowed, "later");
    ok(!ca_request_spend(requests, id, &limit, "192.0.2.1", AT_US + 60000000).is_allowed, "one");
    for (unsigned i = 0; i < 3 * CA_REQUEST_BUCKETS; i++) {
        char address[32];

        snprintf(address, sizeof(address), "2001:db8::%x", i + 2);
        ok(ca_request_spend(requests, id, &limit, address, AT_US).is_allowed, "%s", address);
    }
    ca_request_limits_free(requests);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_letsencrypt),
        cmocka_unit_test(test_against_a_simulation),
        cmocka_unit_test(test_a_clock_set_back),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
