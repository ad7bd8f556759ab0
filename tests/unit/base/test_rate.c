/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rate.h"
#include "check.h"

#define SECOND INT64_C(1000000)

static const struct {
    const char *text;
    struct rate rate;
    const char *error; /* NULL: it is one */
} texts[] = {
    {"300 3h", {300, 10800, 300}, NULL},
    {"5 168h 2", {5, 604800, 2}, NULL},
    {" 1\t1d ", {1, 86400, 1}, NULL},
    {"1000000 1s", {1000000, 1, 1000000}, NULL},
    {"1 365d 100", {1, 31536000, 100}, NULL},
    {"off", {0, 0, 0}, NULL},
    {"1 365d 101", {0}, "over 100 years"},
    {"1000001 1s", {0}, "\"1000001\" is not a number"},
    {"0 1s", {0}, "\"0\" is not a number"},
    {"1 366d", {0}, "\"366d\" is not a period"},
    {"1 0s", {0}, "\"0s\" is not a period"},
    {"1 1w", {0}, "\"1w\" is not a period"},
    {"1 h", {0}, "\"h\" is not a period"},
    {"1 1s 0", {0}, "\"0\" is not a number"},
    {"1 1s 1 1", {0}, "neither"},
    {"1", {0}, "neither"},
    {"", {0}, "neither"},
    {"1 1s                                                              ", {0}, "too long"},
};

static void test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct rate rate = {0};
        struct err err = {0};
        bool is_one = rate_parse(texts[i].text, &rate, &err);

        ok(is_one == (texts[i].error == NULL), "row %zu: %s", i, err.text);
        ok(is_one ? rate.count == texts[i].rate.count && rate.period_s == texts[i].rate.period_s &&
                        rate.burst == texts[i].rate.burst
                  : err.code == ERR_CONFIG && strstr(err.text, texts[i].error) != NULL,
           "row %zu: %s", i, err.text);
    }
    all_ok();
}

/* What GCRA stands for, done the slow way: a bucket of tokens that gets one each interval. */
struct bucket {
    int64_t interval, tokens, burst, filled_at; /* the last full interval was counted then */
};

static void fill(struct bucket *b, int64_t now)
{
    if (b->tokens == b->burst)
        b->filled_at = now;
    while (b->tokens < b->burst && b->filled_at + b->interval <= now) {
        b->filled_at += b->interval;
        b->tokens++;
    }
    if (b->tokens == b->burst)
        b->filled_at = now;
}

static bool take(struct bucket *b, int64_t now)
{
    fill(b, now);
    if (b->tokens == 0)
        return false;
    b->tokens--;
    return true;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void run(const struct rate *rate, uint64_t seed)
{
    struct bucket b = {.interval = rate->period_s * SECOND / rate->count,
                       .tokens = rate->burst,
                       .burst = rate->burst};
    int64_t now = INT64_C(1700000000) * SECOND, tat = 0;

    b.filled_at = now;
    for (int i = 0; i < 4000; i++) {
        struct rate_spending got;
        bool is_allowed;

        now += (int64_t)(next_random(&seed) % (uint64_t)(2 * b.interval + 1));
        if (next_random(&seed) % 50 == 0)
            now += b.interval * rate->burst;
        got = rate_spend(rate, tat, now);
        is_allowed = take(&b, now);
        ok(got.is_allowed == is_allowed, "request %d at %lld", i, (long long)now);
        ok(is_allowed || got.retry_us == b.filled_at + b.interval, "request %d: the promised time",
           i);
        ok(!is_allowed || rate_refund(rate, got.tat_us) <= now + b.interval * rate->burst,
           "request %d: given back", i);
        tat = got.tat_us;
    }
}

static void test_simulation(void **state)
{
    (void)state;
    static const struct rate rates[] = {
        {300, 10800, 300}, {5, 604800, 5}, {50, 604800, 49},
        {1, 3600, 1},      {1, 86400, 20}, {7, 10, 3},
    };

    for (size_t i = 0; i < ARRAY_LEN(rates); i++)
        for (uint64_t seed = 1; seed < 6; seed++)
            run(&rates[i], seed * 7919);
    all_ok();
}

static void test_turns(void **state)
{
    (void)state;
    const struct rate rate = {10, 10, 3};
    const int64_t now = INT64_C(1000) * SECOND;
    int64_t tat = 0, at;

    for (int64_t ahead = 0; ahead < 10; ahead++) {
        at = rate_turn(&rate, 0, now, ahead);
        ok(at == (ahead < 3 ? now : now + (ahead - 2) * SECOND), "%lld ahead", (long long)ahead);
    }
    for (int i = 0; i < 5; i++)
        tat = rate_force(&rate, tat, now);
    ok(rate_turn(&rate, tat, now, 0) == now + SECOND, "never emptier than empty");
    tat = rate_empty_until(&rate, now + 90 * SECOND);
    at = now + 88 * SECOND;
    ok(!rate_spend(&rate, tat, at).is_allowed && rate_spend(&rate, tat, at + 2 * SECOND).is_allowed,
       "empty until then");
    ok(rate_spend(&rate, now + 9999 * SECOND, now).retry_us == now + SECOND,
       "a clock that was set back");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_simulation),
        cmocka_unit_test(test_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
