/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/sign_in.h"

static void test_wait(void **state)
{
    static const struct {
        int64_t failures, wait_ms;
    } rows[] = {{0, 0},    {1, 0},       {5, 0},       {6, 1000},    {7, 2000},
                {8, 4000}, {15, 512000}, {16, 900000}, {17, 900000}, {1000000000, 900000}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(sign_in_wait_ms(SIGN_IN_OF_ADDRESS, rows[i].failures) == rows[i].wait_ms,
           "%lld failures: %lld ms", (long long)rows[i].failures,
           (long long)sign_in_wait_ms(SIGN_IN_OF_ADDRESS, rows[i].failures));
    ok(sign_in_wait_ms(SIGN_IN_OF_CLIENT, SIGN_IN_CLIENT_FREE) == 0, "an office");
    ok(sign_in_wait_ms(SIGN_IN_OF_CLIENT, SIGN_IN_CLIENT_FREE + 2) == 2000, "too many");
    all_ok();
}

static void test_session(void **state)
{
    (void)state;
    ok(!session_is_over(0, 0, SESSION_IDLE_MS - 1), "seen within the idle time");
    ok(session_is_over(0, 0, SESSION_IDLE_MS), "idle");
    ok(!session_is_over(0, SESSION_MAX_MS - 2, SESSION_MAX_MS - 1), "used every day");
    ok(session_is_over(0, SESSION_MAX_MS - 1, SESSION_MAX_MS), "old, though used");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wait),
        cmocka_unit_test(test_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
