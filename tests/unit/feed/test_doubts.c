/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "feed/doubts.h"

static struct doubts with_keys(struct arena *mem, const char *keys)
{
    struct doubts doubts = doubts_new(mem);

    for (size_t i = 0; keys[i]; i++)
        doubts_add(&doubts, slice_of(keys + i, 1));
    return doubts;
}

static bool holds(const struct doubts *doubts, const char *keys)
{
    bool is_same = doubts->count == strlen(keys);

    for (size_t i = 0; is_same && keys[i]; i++)
        is_same = slice_eq(doubts->keys[i], slice_of(keys + i, 1));
    return is_same;
}

static const struct {
    const char *before, *key, *removed, *cut; /* after doubts_remove(), after doubts_cut() */
} rows[] = {
    {"", "c", "", ""},         {"c", "c", "", "c"},        {"bce", "c", "be", "bc"},
    {"bce", "d", "bce", "bc"}, {"bce", "b", "ce", "b"},    {"bce", "e", "bc", "bce"},
    {"bce", "a", "bce", ""},   {"bce", "f", "bce", "bce"}, {"bce", "", "bce", ""},
};

static void test_remove_and_cut(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct doubts removed = with_keys(mem, rows[i].before);
        struct doubts cut = with_keys(mem, rows[i].before);
        struct slice key = slice_str(rows[i].key);

        ok(doubts_have(&removed, key) == (strlen(rows[i].removed) < strlen(rows[i].before)),
           "\"%s\" has \"%s\"", rows[i].before, rows[i].key);
        doubts_remove(&removed, key);
        doubts_cut(&cut, key);
        ok(holds(&removed, rows[i].removed), "\"%s\" without \"%s\"", rows[i].before, rows[i].key);
        ok(holds(&cut, rows[i].cut), "\"%s\" up to \"%s\"", rows[i].before, rows[i].key);
    }
    all_ok();
}

static void test_limit(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct doubts doubts = doubts_new(mem);

    (void)state;
    ok(doubts_are_none(&doubts), "none at first");
    for (uint32_t i = 0; i < DOUBTS_MAX; i++) {
        unsigned char key[] = {(unsigned char)(i >> 16), (unsigned char)(i >> 8), (unsigned char)i};

        doubts_add(&doubts, slice_of(key, sizeof(key)));
    }
    ok(doubts.count == DOUBTS_MAX && !doubts.is_overflowed, "at the limit");
    ok(doubts_have(&doubts, slice_of("\0\1\2", 3)) && !doubts_have(&doubts, slice_of("\0\1", 2)),
       "found among many");
    doubts_add(&doubts, slice_of("\xff", 1));
    ok(doubts.count == DOUBTS_MAX && doubts.is_overflowed, "over it");
    doubts.count = 0;
    ok(!doubts_are_none(&doubts), "what overflowed is not none");
    all_ok();
}

static void test_order(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } pairs[] = {
        {"", "", 0},    {"", "a", -1},  {"a", "", 1},  {"a", "ab", -1},
        {"ab", "a", 1}, {"b", "ab", 1}, {"a", "a", 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        int order = slice_order(slice_str(pairs[i].a), slice_str(pairs[i].b));

        ok((order > 0) - (order < 0) == pairs[i].order, "\"%s\" and \"%s\"", pairs[i].a,
           pairs[i].b);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remove_and_cut),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
