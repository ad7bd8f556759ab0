/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/renewal_time.h"

#define T0     INT64_C(1800000000000)
#define MINUTE INT64_C(60000)
#define HOUR   INT64_C(3600000)
#define DAY    INT64_C(86400000)

static struct renewal_life lasting(int64_t span)
{
    return (struct renewal_life){T0, T0 + span};
}

/* clang-format off */
static const struct {
    const char *label;
    int64_t span;                   /* all instants from T0 */
    int64_t start, end, backstop;
} lives[] = {
    {"90 days",      90 * DAY,    59 * DAY + DAY / 10, 60 * DAY + 9 * DAY / 10, 75 * DAY},
    {"9 days",       9 * DAY,     4 * DAY + 41 * DAY / 100, 4 * DAY + 59 * DAY / 100, 27 * DAY / 4},
    {"12 days",      12 * DAY,    8 * DAY - 12 * DAY / 100, 8 * DAY + 12 * DAY / 100, 10 * DAY},
    {"160 hours",    160 * HOUR,  78 * HOUR + 24 * MINUTE, 81 * HOUR + 36 * MINUTE, 120 * HOUR},
    {"ten minutes",  10 * MINUTE, 294000,              306000,                  450000},
    {"over already", -DAY,        -DAY,                -DAY,                    -DAY},
};
/* clang-format on */

/* req: R9 */
static void test_windows_of_lives(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
        struct renewal_life life = lasting(lives[i].span);
        struct renewal_window got = renewal_window_of_life(&life);

        ok(got.start_at - T0 == lives[i].start && got.end_at - T0 == lives[i].end,
           "%s: window from %lld to %lld", lives[i].label, (long long)(got.start_at - T0),
           (long long)(got.end_at - T0));
        ok(renewal_backstop_at(&life) - T0 == lives[i].backstop, "%s: backstop %lld",
           lives[i].label, (long long)(renewal_backstop_at(&life) - T0));
    }
    ok(renewal_window_is_valid(&(struct renewal_window){T0, T0 + 1}), "a millisecond");
    ok(!renewal_window_is_valid(&(struct renewal_window){T0, T0}), "nothing");
    ok(!renewal_window_is_valid(&(struct renewal_window){T0, T0 - 1}), "backwards");
    all_ok();
}

static const struct {
    const char *label;
    int64_t width;
    uint64_t random;
    int64_t want; /* from its start */
} draws[] = {
    {"the start", 48 * HOUR, 0, 0},
    {"the last instant but for the margin", 48 * HOUR, 47 * HOUR + 50 * MINUTE - 1,
     47 * HOUR + 50 * MINUTE - 1},
    {"then it begins again", 48 * HOUR, 47 * HOUR + 50 * MINUTE, 0},
    {"a short window loses a quarter", 4000, 2999, 2999},
    {"and no more", 4000, 3000, 0},
    {"one millisecond", 1, UINT64_MAX, 0},
    {"no window", 0, 5, 0},
};

static void test_draws(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(draws); i++) {
        struct renewal_window window = {T0, T0 + draws[i].width};
        int64_t got = renewal_draw(&window, draws[i].random) - T0;

        ok(got == draws[i].want, "%s: %lld", draws[i].label, (long long)got);
    }
    all_ok();
}

/* Over a window of 100 usable milliseconds, 100 numbers hit each once: the draw is uniform. */
static void test_draws_are_uniform(void **state)
{
    const struct renewal_window window = {T0, T0 + 133};
    int hits[100] = {0};

    (void)state;
    for (uint64_t random = 7; random < 107; random++) {
        int64_t at = renewal_draw(&window, random) - T0;

        if (at >= 0 && at < 100)
            hits[at]++;
    }
    for (size_t i = 0; i < ARRAY_LEN(hits); i++)
        ok(hits[i] == 1, "%zu ms after the start: %d", i, hits[i]);
    all_ok();
}

static const struct {
    const char *label;
    int64_t span, drawn, want;
} instants[] = {
    {"as drawn", 90 * DAY, 60 * DAY, 60 * DAY},
    {"a window in the past: now", 90 * DAY, 2 * HOUR, 2 * HOUR},
    {"the CA always says now: an hour after we got it", 90 * DAY, -DAY, HOUR},
    {"and a tenth of a short life", 10 * MINUTE, 0, MINUTE},
    {"later than is safe: the backstop", 90 * DAY, 89 * DAY, 75 * DAY},
    {"the instant of the backstop", 90 * DAY, 75 * DAY, 75 * DAY},
    {"after the expiry", 160 * HOUR, 1000 * HOUR, 120 * HOUR},
};

/* req: A11 */
static void test_instants(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(instants); i++) {
        struct renewal_life life = lasting(instants[i].span);
        int64_t got = renewal_at(&life, T0 + instants[i].drawn) - T0;

        ok(got == instants[i].want, "%s: %lld", instants[i].label, (long long)got);
    }
    all_ok();
}

/* req: A11 */
static void test_polls(void **state)
{
    const struct renewal_life life = lasting(90 * DAY);

    (void)state;
    ok(renewal_poll_at(&life, T0 + 6 * HOUR) == T0 + 6 * HOUR, "as the CA says");
    ok(renewal_poll_at(&life, life.not_after_at - 1) == life.not_after_at - 1, "until the expiry");
    ok(renewal_poll_at(&life, life.not_after_at) == 0, "not at the expiry, and never again");
    ok(renewal_poll_at(&life, life.not_after_at + DAY) == 0, "nor behind it");
    all_ok();
}

static const struct {
    int64_t span, failures, now, want;
} rests[] = {
    {90 * DAY, 1, 60 * DAY, MINUTE},
    {90 * DAY, 2, 60 * DAY, 10 * MINUTE},
    {90 * DAY, 3, 60 * DAY, 100 * MINUTE},
    {90 * DAY, 4, 60 * DAY, DAY},
    {90 * DAY, 99, 60 * DAY, DAY},
    {90 * DAY, 4, 89 * DAY, DAY / 10}, /* never more than a tenth of what is left */
    {10 * MINUTE, 1, 5 * MINUTE, MINUTE / 2},
    {10 * MINUTE, 1, 10 * MINUTE - 1, 1000},
    {10 * MINUTE, 4, 10 * MINUTE, HOUR}, /* expired */
    {10 * MINUTE, 0, 10 * MINUTE, MINUTE},
};

static void test_rests(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rests); i++) {
        struct renewal_life life = lasting(rests[i].span);
        int64_t got = renewal_rest_ms(&life, rests[i].failures, T0 + rests[i].now);

        ok(got == rests[i].want, "row %zu: %lld", i, (long long)got);
    }
    all_ok();
}

static void test_patience(void **state)
{
    const struct renewal_life long_life = lasting(90 * DAY), short_life = lasting(10 * MINUTE);

    (void)state;
    ok(renewal_patience_ms(&long_life, T0 + 60 * DAY) == DAY, "a day");
    ok(renewal_patience_ms(&long_life, T0 + 88 * DAY) == DAY / 2, "a quarter of two days");
    ok(renewal_patience_ms(&short_life, T0 + 6 * MINUTE) == MINUTE, "a quarter of four minutes");
    ok(renewal_patience_ms(&short_life, T0 + DAY) == 0, "none when it has expired");
    all_ok();
}

static void test_risk(void **state)
{
    const struct renewal_life life = lasting(90 * DAY);

    (void)state;
    ok(renewal_risk_at(&life, T0 + 60 * DAY) == T0 + 67 * DAY + DAY / 2, "a quarter of the rest");
    ok(renewal_risk_at(&life, T0 + 91 * DAY) == T0 + 91 * DAY, "due after the expiry");
    all_ok();
}

static void test_names(void **state)
{
    enum renewal_source source;
    enum renewal_state one;

    (void)state;
    for (size_t i = 0; i < RENEWAL_SOURCE_COUNT; i++)
        ok(renewal_source_parse(renewal_source_name((enum renewal_source)i), &source) &&
               source == (enum renewal_source)i,
           "source %zu", i);
    for (size_t i = 0; i < RENEWAL_STATE_COUNT; i++)
        ok(renewal_state_parse(renewal_state_name((enum renewal_state)i), &one) &&
               one == (enum renewal_state)i,
           "state %zu", i);
    ok(!renewal_source_parse("CA", &source) && !renewal_state_parse("", &one), "unknown ones");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_of_lives),
        cmocka_unit_test(test_draws),
        cmocka_unit_test(test_draws_are_uniform),
        cmocka_unit_test(test_instants),
        cmocka_unit_test(test_polls),
        cmocka_unit_test(test_rests),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_risk),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
