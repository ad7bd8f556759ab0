/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/name_choice.h"

#define NOW    INT64_C(1795000000000)
#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define OWN(at)                                                                                    \
    {                                                                                              \
        .is_own = true, .passed_at = (at)                                                          \
    }
#define REST(at)                                                                                   \
    {                                                                                              \
        .passed_at = (at)                                                                          \
    }

static const struct {
    const char *what;
    struct name_look names[3];
    size_t count;
    enum name_choice_kind kind;
    int64_t until;
} choices[] = {
    {"one name that passes", {OWN(NOW)}, 1, CHOICE_GO, 0},
    {"one name that does not", {OWN(0)}, 1, CHOICE_WAIT_OWN, 0},
    {"all pass at once", {OWN(NOW), REST(NOW), REST(NOW)}, 3, CHOICE_GO, 0},
    {"the rest passes, the domain does not", {OWN(0), REST(NOW - HOUR)}, 2, CHOICE_WAIT_OWN, 0},
    {"one is dead, just seen", {OWN(NOW), REST(NOW), REST(0)}, 3, CHOICE_WAIT_REST, NOW + MINUTE},
    {"one is dead, a moment before",
     {REST(0), OWN(NOW - MINUTE + 1)},
     2,
     CHOICE_WAIT_REST,
     NOW + 1},
    {"one is dead, in that moment", {REST(0), OWN(NOW - MINUTE)}, 2, CHOICE_GO, 0},
    {"the patience is the domain's",
     {OWN(NOW), REST(NOW - HOUR), REST(0)},
     3,
     CHOICE_WAIT_REST,
     NOW + MINUTE},
};

/* req: R54, A8 */
static void test_choices(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        struct name_choice choice = name_choice_of(choices[i].names, choices[i].count, MINUTE, NOW);

        ok(choice.kind == choices[i].kind && choice.until == choices[i].until, "%s: %d, %lld",
           choices[i].what, (int)choice.kind, (long long)(choice.until - NOW));
    }
    all_ok();
}

#define COVERED(at)                                                                                \
    {                                                                                              \
        .is_own = true, .is_covered = true, .passed_at = (at)                                      \
    }

static const struct {
    const char *what;
    struct name_look names[3];
    size_t count;
    struct name_history history;
    int64_t at;
} joins[] = {
    {"nothing to join", {COVERED(1), REST(0)}, 2, {NOW, 1}, 0},
    {"a covered name is no news", {COVERED(NOW)}, 1, {NOW, 1}, 0},
    {"the last one: at once", {COVERED(1), REST(NOW)}, 2, {NOW - HOUR, 1}, NOW},
    {"another is still dead", {COVERED(1), REST(NOW), REST(0)}, 3, {NOW - HOUR, 1}, NOW + MINUTE},
    {"the first of two counts",
     {COVERED(0), REST(NOW), REST(NOW - 5)},
     3,
     {1, 1},
     NOW - 5 + MINUTE},
    {"two in a week cost nothing", {COVERED(1), REST(NOW)}, 2, {NOW, 2}, NOW},
    {"three: an hour", {COVERED(1), REST(NOW)}, 2, {NOW, 3}, NOW + HOUR},
    {"four: an hour", {COVERED(1), REST(NOW)}, 2, {NOW, 4}, NOW + HOUR},
    {"five: six hours", {COVERED(1), REST(NOW)}, 2, {NOW, 5}, NOW + 6 * HOUR},
    {"eight: six hours", {COVERED(1), REST(NOW)}, 2, {NOW - HOUR, 8}, NOW + 5 * HOUR},
    {"nine: a day", {COVERED(1), REST(NOW)}, 2, {NOW, 9}, NOW + 24 * HOUR},
    {"the distance has passed", {COVERED(1), REST(NOW)}, 2, {NOW - 25 * HOUR, 9}, NOW},
};

/* req: R54, A8 */
static void test_joins(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(joins); i++) {
        int64_t at = name_join_at(joins[i].names, joins[i].count, &joins[i].history, MINUTE);

        ok(at == joins[i].at, "%s: %lld", joins[i].what, (long long)(at - NOW));
    }
    all_ok();
}

/* However often names come and go, a week has no more certificates than the CA's limit of 50. */
static void test_a_week_of_changes(void **state)
{
    (void)state;
    static const struct name_look names[] = {COVERED(1), REST(1)};
    int64_t issued[100];
    size_t count = 0;

    for (int64_t now = NOW; now < NOW + NAME_JOIN_WEEK_MS; now += MINUTE) {
        struct name_history history = {.issued_in_week = count};

        if (count > 0)
            history.last_issued_at = issued[count - 1];
        if (now >= name_join_at(names, ARRAY_LEN(names), &history, MINUTE) && count < 100)
            issued[count++] = now;
    }
    ok(count > 8 && count < 20, "%zu in a week", count);
    all_ok();
}

static const struct {
    const char *what;
    struct name_failure failure;
    bool is_left_out;
} failures[] = {
    {"another server answered", {false, true, 1}, true},
    {"an edge of ours was behind", {false, false, 1}, false},
    {"nobody answered", {true, true, 1}, false},
    {"nobody answered, and an edge is dead", {true, false, 1}, false},
    {"nobody answered, again", {true, true, NAME_FAILURES_MAX - 1}, false},
    {"nobody answered, time and again", {true, true, NAME_FAILURES_MAX}, true},
    {"behind all the time", {false, false, NAME_FAILURES_MAX}, true},
};

/* req: R54, R22 */
static void test_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(failures); i++)
        ok(name_is_left_out(&failures[i].failure) == failures[i].is_left_out, "%s",
           failures[i].what);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_joins),
        cmocka_unit_test(test_a_week_of_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
