/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/clock.h"
#include "check.h"

static const struct {
    const char *text;
    int64_t at; /* -1: refused */
} times[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-11-24T03:48:04.120Z", 1795492084120},
    {"2026-11-24T03:48:04.1209Z", 1795492084120},
    {"2026-11-24t05:48:04.120+02:00", 1795492084120},
    {"2028-02-29T00:00:00Z", 1835395200000},
    {"2027-02-29T00:00:00Z", -1},
    {"2026-13-01T00:00:00Z", -1},
    {"2026-11-24T03:48:04", -1},
    {"2026-11-24T03:48:04Zx", -1},
    {"2026-11-24", -1},
    {"", -1},
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct err err = {0};
        int64_t at = -1;

        ok(clock_parse(times[i].text, &at, &err) == (times[i].at != -1) && at == times[i].at,
           "\"%s\" gives %lld (%s)", times[i].text, (long long)at, err.text);
    }
    all_ok();
}

static void test_text(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_SIZE];

    ok(strcmp(clock_text(1795492084120, text), "2026-11-24T03:48:04.120Z") == 0, "%s", text);
    ok(strcmp(clock_text(-1, text), "1969-12-31T23:59:59.999Z") == 0, "%s", text);
    all_ok();
}

/* main() points LATCHKEY_CLOCK_FILE at this file before the clock is first used. */
static char offset_path[] = "/tmp/latchkey-clock-XXXXXX";

static void write_offset(const char *text)
{
    FILE *f = fopen(offset_path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    usleep(150 * 1000); /* it is read again every 100 ms */
}

static void test_move(void **state)
{
    (void)state;
    write_offset("86400000\n");
    ok(clock_is_movable(), "the environment says that it moves");
    ok(clock_now() - clock_real_ms() >= 86399000, "a day ahead");
    write_offset("nonsense");
    ok(clock_now() - clock_real_ms() >= 86399000, "nonsense leaves the offset as it was");
    write_offset("-5000");
    ok(clock_now() - clock_real_ms() <= -4000, "five seconds behind");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_move),
    };
    int fd = mkstemp(offset_path), failed;

    setenv("LATCHKEY_CLOCK_FILE", offset_path, 1);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    close(fd);
    unlink(offset_path);
    return failed;
}
