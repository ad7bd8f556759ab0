/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/proof_plan.h"

static const struct {
    const char *what;
    struct proof_field field;
    size_t count;
} cases[] = {
    {"no place", {.names = 2, .first = 2}, 0},
    {"two names at three places", {.names = 2, .first = 2, .places = 3}, 6},
    {"as many as are all seen", {.names = 16, .first = 2, .places = 4}, 64},
    {"one more", {.names = 13, .first = 2, .places = 5}, 10 + 11},
    {"a hundred names at three places", {.names = 100, .first = 2, .places = 3}, 6 + 16},
    {"a hundred names, one matters", {.names = 100, .first = 1, .places = 24}, 24 + 16},
    {"one name at a hundred places", {.names = 1, .first = 1, .places = 100}, 100},
    {"more places than are seen in one go", {.names = 100, .first = 2, .places = 500}, 240 + 16},
};

static void look(size_t row, size_t turn)
{
    struct proof_field field = cases[row].field;
    struct proof_pick picks[PROOF_PICKS_MAX];
    bool seen[PROOF_PLACES_MAX] = {false};
    size_t count, places;

    field.turn = turn;
    places = field.places < PROOF_PLACES_MAX ? field.places : PROOF_PLACES_MAX;
    count = proof_plan(&field, picks);
    ok(count == cases[row].count, "%s: %zu", cases[row].what, count);
    for (size_t i = 0; i < count; i++) {
        ok(picks[i].name < field.names && picks[i].place < places, "%s, turn %zu: %zu is there",
           cases[row].what, turn, i);
        seen[picks[i].place] = true;
        ok(i == 0 || picks[i].place >= picks[i - 1].place, "%s: place after place",
           cases[row].what);
        for (size_t k = 0; k < i; k++)
            ok(picks[k].name != picks[i].name || picks[k].place != picks[i].place,
               "%s, turn %zu: %zu and %zu differ", cases[row].what, turn, i, k);
    }
    for (size_t i = 0; i < places; i++)
        ok(seen[i], "%s: place %zu is seen", cases[row].what, i);
}

/* req: R23, R54 */
static void test_plans(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t turn = 0; turn < 7; turn++)
            look(i, turn);
    all_ok();
}

/* In the course of time every name is seen. */
static void test_turns(void **state)
{
    (void)state;
    bool seen[100] = {false};

    for (size_t turn = 0; turn < 100; turn++) {
        const struct proof_field field = {.names = 100, .first = 2, .places = 3, .turn = turn};
        struct proof_pick picks[PROOF_PICKS_MAX];
        size_t count = proof_plan(&field, picks);

        for (size_t i = 0; i < count; i++)
            seen[picks[i].name] = true;
    }
    for (size_t i = 0; i < ARRAY_LEN(seen); i++)
        ok(seen[i], "name %zu is seen", i);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
