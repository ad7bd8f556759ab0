/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/ca_breaker.h"

#define T     INT64_C(1800000000000)
#define FIRST CA_BREAKER_FIRST_MS

enum what { ASK, LOOK, FAILED, ANSWERED };

struct step {
    enum what what;
    int64_t at;       /* after T */
    int64_t retry_at; /* after T; 0: none */
    int expected;     /* the way, or whether it opens or was open */
    int64_t next_at;  /* next_try_at after it, after T; 0: closed */
};

#define FOUR_FAILURES                                                                              \
    {FAILED, 0, 0, 0, 0}, {FAILED, 1, 0, 0, 0}, {FAILED, 2, 0, 0, 0},                              \
    {                                                                                              \
        FAILED, 3, 0, 0, 0                                                                         \
    }
#define OPEN                                                                                       \
    FOUR_FAILURES,                                                                                 \
    {                                                                                              \
        FAILED, 4, 0, 1, 4 + FIRST                                                                 \
    }

static int64_t next_of(const struct ca_breaker *breaker)
{
    return breaker->open_since_at ? breaker->next_try_at - T : 0;
}

static int take(struct ca_breaker *breaker, const struct step *step)
{
    switch (step->what) {
    case ASK:
        return ca_breaker_ask(breaker, T + step->at);
    case LOOK:
        return ca_breaker_look(breaker, T + step->at);
    case FAILED:
        return ca_breaker_failed(breaker, T + step->at, step->retry_at ? T + step->retry_at : 0);
    case ANSWERED:
        return ca_breaker_answered(breaker);
    }
    return -1;
}

#define STEPS_MAX 14

static const struct {
    const char *name;
    struct step steps[STEPS_MAX];
    size_t count;
} rows[] = {
    {"closed", {{ASK, 0, 0, CA_BREAKER_PASS, 0}}, 1},
    {"four failures do not open it", {FOUR_FAILURES, {ASK, 5, 0, CA_BREAKER_PASS, 0}}, 5},
    {"nor do they with an answer between",
     {FOUR_FAILURES, {ANSWERED, 4, 0, 0, 0}, {FAILED, 5, 0, 0, 0}, {ASK, 6, 0, CA_BREAKER_PASS, 0}},
     7},
    {"the fifth does", {OPEN, {ASK, 5, 0, CA_BREAKER_WAIT, 4 + FIRST}}, 6},
    {"one tries when it is time",
     {OPEN,
      {LOOK, 4 + FIRST, 0, CA_BREAKER_TRY, 4 + FIRST},
      {ASK, 3 + FIRST, 0, CA_BREAKER_WAIT, 4 + FIRST},
      {ASK, 4 + FIRST, 0, CA_BREAKER_TRY, 4 + FIRST + CA_BREAKER_TRY_MS},
      {ASK, 5 + FIRST, 0, CA_BREAKER_WAIT, 4 + FIRST + CA_BREAKER_TRY_MS}},
     9},
    {"a try that is not heard of is given up",
     {OPEN,
      {ASK, 4 + FIRST, 0, CA_BREAKER_TRY, 4 + FIRST + CA_BREAKER_TRY_MS},
      {ASK, 4 + FIRST + CA_BREAKER_TRY_MS, 0, CA_BREAKER_TRY, 4 + FIRST + 2 * CA_BREAKER_TRY_MS}},
     7},
    {"a try that fails doubles the time",
     {OPEN,
      {ASK, 4 + FIRST, 0, CA_BREAKER_TRY, 4 + FIRST + CA_BREAKER_TRY_MS},
      {FAILED, 10000, 0, 0, 10000 + 2 * FIRST},
      {ASK, 10000 + 2 * FIRST, 0, CA_BREAKER_TRY, 10000 + 2 * FIRST + CA_BREAKER_TRY_MS},
      {FAILED, 30000, 0, 0, 30000 + 4 * FIRST}},
     9},
    {"what was asked before does not",
     {OPEN, {FAILED, 5, 0, 0, 4 + FIRST}, {FAILED, 6, 0, 0, 4 + FIRST}},
     7},
    {"an answer closes it",
     {OPEN,
      {ASK, 4 + FIRST, 0, CA_BREAKER_TRY, 4 + FIRST + CA_BREAKER_TRY_MS},
      {ANSWERED, 9, 0, 1, 0},
      {ASK, 9, 0, CA_BREAKER_PASS, 0},
      {FAILED, 10, 0, 0, 0}},
     9},
    {"the CA's Retry-After is longer", {FOUR_FAILURES, {FAILED, 4, 60000, 1, 60000}}, 5},
    {"or shorter", {FOUR_FAILURES, {FAILED, 4, 1000, 1, 4 + FIRST}}, 5},
    {"or without end", {FOUR_FAILURES, {FAILED, 4, 90000000, 1, 4 + CA_BREAKER_ASKED_MS}}, 5},
    {"a clock that was set back",
     {OPEN,
      {ASK, -CA_BREAKER_ASKED_MS, 0, CA_BREAKER_TRY, CA_BREAKER_TRY_MS - CA_BREAKER_ASKED_MS}},
     6},
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ca_breaker breaker = {0};

        for (size_t k = 0; k < rows[i].count; k++) {
            const struct step *step = &rows[i].steps[k];
            int got = take(&breaker, step);

            ok(got == step->expected, "%s, step %zu: %d", rows[i].name, k, got);
            ok(next_of(&breaker) == step->next_at, "%s, step %zu: next %lld", rows[i].name, k,
               (long long)next_of(&breaker));
        }
    }
    all_ok();
}

/* However long it lasts, it is tried every five minutes, and no less often. */
static void test_longest(void **state)
{
    struct ca_breaker breaker = {0};
    int64_t now = T;

    (void)state;
    for (int i = 0; i < CA_BREAKER_FAILURES; i++)
        (void)ca_breaker_failed(&breaker, now, 0);
    assert_int_equal(breaker.failing_since_at, T);
    for (int i = 0; i < 200; i++) {
        now = breaker.next_try_at;
        assert_int_equal(ca_breaker_ask(&breaker, now), CA_BREAKER_TRY);
        (void)ca_breaker_failed(&breaker, now, 0);
        assert_true(breaker.next_try_at - now <= CA_BREAKER_LONGEST_MS);
    }
    assert_int_equal(breaker.next_try_at - now, CA_BREAKER_LONGEST_MS);
    assert_int_equal(breaker.open_since_at, T);
    assert_true(ca_breaker_is_troubled(&breaker));
    assert_true(ca_breaker_answered(&breaker));
    assert_false(ca_breaker_is_troubled(&breaker));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table),
                                       cmocka_unit_test(test_longest)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
