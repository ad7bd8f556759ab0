/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/watch_pace.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static void test_waiting(void **state)
{
    static const struct {
        int64_t uncared, glance;
    } cases[] = {
        {-DAY, 3000},      {0, 3000},           {10 * MINUTE - 1, 3000},    {10 * MINUTE, 30000},
        {HOUR - 1, 30000}, {HOUR, 2 * MINUTE},  {6 * HOUR, 10 * MINUTE},    {DAY, 30 * MINUTE},
        {3 * DAY, HOUR},   {7 * DAY, 3 * HOUR}, {WATCH_WAITS_MS, 3 * HOUR},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ok(watch_waiting_ms(cases[i].uncared) == cases[i].glance, "case %zu: %lld", i,
           (long long)watch_waiting_ms(cases[i].uncared));
    all_ok();
}

static void test_waits_until(void **state)
{
    (void)state;

    ok(watch_waits_until(0, DAY) == 31 * DAY, "nobody has cared since it began");
    ok(watch_waits_until(2 * DAY, DAY) == 32 * DAY, "somebody has");
    ok(watch_waits_until(DAY, 2 * DAY) == 32 * DAY, "for an order before");
    all_ok();
}

static void test_secured(void **state)
{
    static const struct {
        int64_t until, uncared, glance, whole;
    } cases[] = {
        {INT64_MAX, DAY, 6 * HOUR, DAY},
        {7 * DAY, DAY, 6 * HOUR, DAY},
        {7 * DAY - 1, DAY, 2 * HOUR, 12 * HOUR},
        {DAY - 1, DAY, 30 * MINUTE, 3 * HOUR},
        {0, DAY, 30 * MINUTE, 3 * HOUR},
        {-1, DAY, 5 * MINUTE, HOUR},
        {INT64_MAX, 10 * MINUTE, 6 * HOUR, DAY},
        {INT64_MAX, 10 * MINUTE - 1, 10000, DAY},
        {-1, 0, 10000, HOUR},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct watch_pace pace = watch_secured_pace(cases[i].until, cases[i].uncared);

        ok(pace.glance_ms == cases[i].glance && pace.whole_ms == cases[i].whole,
           "case %zu: %lld, %lld", i, (long long)pace.glance_ms, (long long)pace.whole_ms);
    }
    all_ok();
}

static void test_parent(void **state)
{
    (void)state;

    ok(watch_parent_ms(0) == 30000 && watch_parent_ms(HOUR - 1) == 30000, "in the first hour");
    ok(watch_parent_ms(HOUR) == 10 * MINUTE && watch_parent_ms(DAY) == 3 * HOUR, "later");
    all_ok();
}

/* Servers that say one of two things in turn cost a few looks and then three an hour; what they say
 * for the first time is looked at in all that. */
static void test_may_wake(void **state)
{
    enum { GLANCES = 2880, EACH_US = 30 * 1000000 }; /* a day */
    int64_t tat = 0, strange = 0;
    int again = 0, first = 0;
    (void)state;

    for (int64_t i = 0; i < GLANCES; i++) {
        int64_t now_us = INT64_C(1700000000000000) + i * EACH_US;

        again += watch_may_wake(&tat, false, now_us);
        if (i == 10)
            ok(again == 5, "at once: %d", again);
        if (i % 200 == 20)
            ok(watch_may_wake(&tat, true, now_us), "what is new, at glance %lld", (long long)i);
        first += watch_may_wake(&strange, true, now_us);
    }
    ok(again > 60 && again <= 5 + 24 * 3, "what was said before: %d", again);
    ok(first > 24 * 60 && first <= WATCH_CHANGES + 24 * 60, "always something new: %d", first);
    all_ok();
}

/* Later and later, and whatever is asked has a row. */
static void test_rows(void **state)
{
    size_t count;
    const struct watch_row *rows = watch_waiting_rows(&count);
    (void)state;

    ok(rows[count - 1].up_to_ms == INT64_MAX, "the last row of what waits is for all the rest");
    for (size_t i = 1; i < count; i++)
        ok(rows[i].up_to_ms > rows[i - 1].up_to_ms &&
               rows[i].pace.glance_ms > rows[i - 1].pace.glance_ms,
           "row %zu is later and slower", i);
    rows = watch_secured_rows(&count);
    ok(rows[count - 1].up_to_ms == INT64_MAX,
       "the last row of what is secured is for all the rest");
    for (size_t i = 0; i < count; i++)
        ok(rows[i].pace.whole_ms >= rows[i].pace.glance_ms, "row %zu: a glance is cheaper", i);
    all_ok();
}

static void test_jitter(void **state)
{
    (void)state;
    ok(watch_jitter_ms(3000, 0) == 3000, "none");
    ok(watch_jitter_ms(3000, 300) == 2700, "a tenth at most");
    ok(watch_jitter_ms(3000, 301) == 3000, "then again");
    ok(watch_jitter_ms(0, 12345) == 0, "never before now");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waiting),  cmocka_unit_test(test_waits_until),
        cmocka_unit_test(test_secured),  cmocka_unit_test(test_rows),
        cmocka_unit_test(test_jitter),   cmocka_unit_test(test_parent),
        cmocka_unit_test(test_may_wake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
