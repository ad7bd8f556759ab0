/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "job/held.h"

static void test_order(void **state)
{
    static const int64_t due[] = {30, 10, 20, 10};
    static const int64_t taken[] = {10, 10, 20};
    static struct held held;
    struct claimed out;

    (void)state;
    ok(held_next(&held) == INT64_MAX && !held_take(&held, INT64_MAX, &out), "none is held");
    for (size_t i = 0; i < ARRAY_LEN(due); i++)
        ok(held_put(&held, &(struct claimed){.due_at = due[i]}), "room for %zu", i);
    ok(!held_take(&held, 9, &out), "none is due");
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        ok(held_next(&held) == taken[i] && held_take(&held, 20, &out) && out.due_at == taken[i],
           "number %zu", i);
    ok(held_next(&held) == 30 && !held_take(&held, 29, &out), "the last is not due");
    ok(held_take(&held, 30, &out) && held_next(&held) == INT64_MAX, "the last");
    all_ok();
}

static void test_room(void **state)
{
    static struct held held;
    struct claimed out;

    (void)state;
    for (int i = 0; i < HELD_MAX; i++)
        ok(held_put(&held, &(struct claimed){.due_at = i}), "room for %d", i);
    ok(!held_put(&held, &(struct claimed){.due_at = 0}), "room for one too many");
    ok(held_take(&held, 0, &out) && held_put(&held, &out), "room again");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
