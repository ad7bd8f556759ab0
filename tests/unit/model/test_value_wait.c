/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/value_wait.h"

#define SINCE INT64_C(1000000)
#define LIMIT INT64_C(60000)

/* H has it, L has it not, S does not answer. */
static void test_rows(void **state)
{
    static const struct {
        const char *servers;
        int64_t after_ms;
        enum value_wait_for want;
        int first; /* that it is waited for; -1: none */
        size_t having;
    } rows[] = {
        {"H", 0, VALUE_WAIT_OVER, -1, 1},
        {"HHH", 0, VALUE_WAIT_OVER, -1, 3},
        {"L", 0, VALUE_WAIT_SERVERS, 0, 0},
        {"HL", 0, VALUE_WAIT_SERVERS, 1, 1},
        {"HSL", 0, VALUE_WAIT_SERVERS, 1, 1},
        {"HL", LIMIT - 1, VALUE_WAIT_SERVERS, 1, 1},
        {"HL", LIMIT, VALUE_WAIT_OVER, 1, 1},
        {"SH", LIMIT + 1, VALUE_WAIT_OVER, 0, 1},
        {"LL", LIMIT - 1, VALUE_WAIT_SERVERS, 0, 0},
        {"LL", LIMIT, VALUE_WAIT_FAILED, 0, 0},
        {"SS", LIMIT, VALUE_WAIT_FAILED, 0, 0},
        {"", 0, VALUE_WAIT_SERVERS, -1, 0},
        {"", LIMIT, VALUE_WAIT_FAILED, -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct value_seen seen[4] = {0};
        struct value_wait wait;
        size_t count = 0;

        for (const char *at = rows[i].servers; *at; at++)
            seen[count++].at = *at == 'H' ? VALUE_HAS : *at == 'L' ? VALUE_LACKS : VALUE_SILENT;
        wait = value_wait_of(seen, count, SINCE, LIMIT, SINCE + rows[i].after_ms);
        ok(wait.what == rows[i].want && wait.having == rows[i].having && wait.count == count &&
               wait.until == SINCE + LIMIT,
           "%s after %lld: %d", rows[i].servers, (long long)rows[i].after_ms, (int)wait.what);
        ok(wait.first == (rows[i].first < 0 ? NULL : &seen[rows[i].first]), "%s: who",
           rows[i].servers);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
