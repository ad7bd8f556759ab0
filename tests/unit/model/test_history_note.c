/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/history_note.h"

#define HOUR INT64_C(3600000)

/* Of the lines that looks make: each with when, what it says, and what is noted. */
static const struct {
    int64_t hour;
    const char *state, *code, *seen;
    enum history_note want;
} looks[] = {
    {0, "missing", "name_not_found", "", HISTORY_ADD}, /* the first */
    {1, "missing", "name_not_found", "", HISTORY_SKIP},
    {2, "wrong_target", "elsewhere", "a", HISTORY_ADD},
    {3, "wrong_target", "elsewhere", "b", HISTORY_ADD},
    {4, "wrong_target", "elsewhere", "a", HISTORY_ADD},
    {5, "wrong_target", "elsewhere", "c", HISTORY_ADD},
    {6, "wrong_target", "elsewhere", "a", HISTORY_ADD},
    {7, "wrong_target", "elsewhere", "b", HISTORY_VARIES}, /* the seventh within a day */
    {8, "wrong_target", "elsewhere", "a", HISTORY_SKIP},
    {12, "wrong_target", "elsewhere", "c", HISTORY_SKIP},
    {12, "ok", NULL, "x", HISTORY_ADD}, /* a verdict that it did not have */
    {12, "wrong_target", "elsewhere", "a", HISTORY_VARIES},
    {13, "ok", NULL, "x", HISTORY_SKIP},
    {35, "ok", NULL, "x", HISTORY_SKIP},
    {36, "ok", NULL, "x", HISTORY_VARIES}, /* told again */
    {37, "ok", NULL, "y", HISTORY_SKIP},
    {37, "wrong_target", "other", "a", HISTORY_ADD},
    {90, "wrong_target", "other", "b", HISTORY_ADD}, /* days later */
};

static void test_looks(void **state)
{
    struct history_line last[HISTORY_NOTES];
    size_t count = 0;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
        struct history_line now = {looks[i].hour * HOUR, looks[i].state, looks[i].code,
                                   looks[i].seen, false};
        enum history_note note = history_note(last, count, &now);

        ok(note == looks[i].want, "look %zu: %d", i, (int)note);
        if (note == HISTORY_SKIP)
            continue;
        now.varies = note == HISTORY_VARIES;
        memmove(&last[1], &last[0], (HISTORY_NOTES - 1) * sizeof(*last));
        last[0] = now;
        count += count < HISTORY_NOTES;
    }
    all_ok();
}

/* One that never says the same twice leaves so many lines in a month. */
static void test_bound(void **state)
{
    struct history_line last[HISTORY_NOTES];
    size_t count = 0, kept = 0;
    (void)state;

    for (int64_t at = 0; at < 30 * HISTORY_DAY_MS; at += HOUR / 3) {
        struct history_line now = {at, "ok", NULL, at % HOUR ? "a" : "b", false};
        enum history_note note = history_note(last, count, &now);

        if (note == HISTORY_SKIP)
            continue;
        kept++;
        now.varies = note == HISTORY_VARIES;
        memmove(&last[1], &last[0], (HISTORY_NOTES - 1) * sizeof(*last));
        last[0] = now;
        count += count < HISTORY_NOTES;
    }
    ok(kept > 30 && kept < 40, "%zu", kept);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_looks), cmocka_unit_test(test_bound)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
