/* SPDX-License-Identifier: Apache-2.0 */

/* With chunks, as a release has them, whatever this build does. */
#undef ARENA_DEBUG
#include "base/arena.c" /* NOLINT(bugprone-suspicious-include) */
#include "check.h"

#define ROOM 64 /* what is left of the first chunk */

static bool is_zero(const unsigned char *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (octets[i])
            return false;
    return true;
}

/* A text that fits into what is left of a chunk, its NUL included, and one that does not. */
static void test_printf(void **state)
{
    (void)state;
    for (int len = 0; len < 3 * ROOM; len++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        unsigned char *before = arena_alloc(mem, CHUNK_SIZE - ROOM), *after;
        char want[3 * ROOM + 1] = "";
        const char *text;

        memset(want, 'x', (size_t)len);
        text = arena_printf(mem, "%s", want);
        after = arena_alloc(mem, ROOM);
        ok(strcmp(text, want) == 0, "%d: %s", len, text);
        ok(is_zero(after, ROOM) && is_zero(before, CHUNK_SIZE - ROOM), "%d: not empty", len);
        ok(((const unsigned char *)text == before + CHUNK_SIZE - ROOM) == (len < ROOM),
           "%d: not where there is room", len);
        ok(len < ROOM || is_zero(before + CHUNK_SIZE - ROOM, ROOM), "%d: remains", len);
    }
    all_ok();
}

static void test_printf_of_an_empty_arena(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    assert_string_equal(arena_printf(mem, "%d-%s", 7, "a"), "7-a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printf),
        cmocka_unit_test(test_printf_of_an_empty_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
