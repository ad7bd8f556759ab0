/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "job/name_servers.h"

static const char *const one = "192.0.2.53", *const other = "2001:db8::53";

static void test_standing(void **state)
{
    struct name_servers *servers = name_servers_new();
    int64_t paused_ms;
    (void)state;

    ok(name_servers_standing(servers, one, &paused_ms) == NAME_SERVER_UNKNOWN && paused_ms == 0,
       "not asked yet");
    name_servers_answered(servers, one);
    ok(name_servers_standing(servers, one, &paused_ms) == NAME_SERVER_ANSWERS, "it has answered");
    for (int i = 0; i < 10; i++)
        name_servers_silent(servers, one, NAME_SERVER_PAUSE_MAX_MS);
    ok(name_servers_standing(servers, one, &paused_ms) == NAME_SERVER_PAUSED &&
           paused_ms <= NAME_SERVER_PAUSE_MAX_MS && paused_ms > NAME_SERVER_PAUSE_MAX_MS - 1000,
       "it is left alone: %lld", (long long)paused_ms);
    ok(name_servers_standing(servers, other, &paused_ms) == NAME_SERVER_UNKNOWN,
       "the other is not");
    name_servers_silent(servers, other, 1);
    usleep(5000);
    ok(name_servers_standing(servers, other, &paused_ms) == NAME_SERVER_UNKNOWN,
       "after that it has to show itself");
    name_servers_answered(servers, one);
    ok(name_servers_standing(servers, one, &paused_ms) == NAME_SERVER_ANSWERS, "it is back");
    name_servers_free(servers);
    all_ok();
}

/* A burst, and nothing more at once; each server has its own. */
static void test_others(void **state)
{
    struct name_servers *servers = name_servers_new();
    int64_t began = clock_boot_ms();
    int taken = 0;
    (void)state;

    for (int i = 0; i < 10 * NAME_SERVER_OTHER_BURST; i++)
        taken += name_servers_take_other(servers, one);
    ok(taken >= NAME_SERVER_OTHER_BURST &&
           taken <= NAME_SERVER_OTHER_BURST + 1 +
                        (clock_boot_ms() - began) * NAME_SERVER_OTHER_EACH_S / 1000,
       "%d", taken);
    ok(name_servers_take_other(servers, other), "another server");
    name_servers_free(servers);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_standing),
                                       cmocka_unit_test(test_others)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
