/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/renewal.h"
#include "check.h"

#define S   INT64_C(1000)
#define H   (3600 * S)
#define DAY (24 * H)
#define AT  INT64_C(1800000000000)

/* Let's Encrypt's widths: 43 h for 90 days, 22 h for 45, 3.2 h for 160 hours. */
/* req: A11 */
static void test_windows(void **state)
{
    static const struct {
        int64_t life, issued, revoked_at, renew_at, start, end,
            retry_s; /* from AT, the begin of validity */
    } rows[] = {
        {90 * DAY, 0, 0, 0, 60 * DAY - S - 216 * H / 10, 60 * DAY - S + 216 * H / 10, 21600},
        {45 * DAY, 0, 0, 0, 30 * DAY - S - 108 * H / 10, 30 * DAY - S + 108 * H / 10, 21600},
        {10 * DAY, 0, 0, 0, 160 * H - S - 24 * H / 10, 160 * H - S + 24 * H / 10, 21600},
        {10 * DAY - S, 0, 0, 0, 120 * H - 1500 - 8639990, 120 * H - 1500 + 8639990, 21600},
        {160 * H, 0, 0, 0, 80 * H - S - 16 * H / 10, 80 * H - S + 16 * H / 10, 21600},
        {120 * H, 0, 0, 0, 60 * H - S - 12 * H / 10, 60 * H - S + 12 * H / 10, 21599},
        {600 * S, 0, 0, 0, 293 * S, 305 * S, 29},
        {60 * S, 0, 0, 0, 28400, 29600, 2},
        {10 * S, 0, 0, 0, 3900, 4100, 1},
        {90 * DAY, 0, AT, 0, 70 * DAY - H, 70 * DAY - H / 2, 21600},
        {90 * DAY, 0, 0, AT, 70 * DAY - H, 70 * DAY - H / 2, 21600},
        /* counted from the issuance, which is after the begin */
        {90 * DAY, 3510 * S, 0, 0, 60 * DAY + 1169 * S - 77724900, 60 * DAY + 1169 * S + 77724900,
         21600},
        {160 * H, 3600 * S, 0, 0, 80 * H + 1799 * S - 5724000, 80 * H + 1799 * S + 5724000, 21600},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ca_issued issued = {.not_before = AT,
                                   .not_after = AT + rows[i].life - S,
                                   .created_at = AT + rows[i].issued,
                                   .revoked_at = rows[i].revoked_at,
                                   .renew_at = rows[i].renew_at};
        struct ca_window window = ca_renewal_window(&issued, AT + 70 * DAY);

        ok(window.start_at == AT + rows[i].start && window.end_at == AT + rows[i].end,
           "row %zu: %lld to %lld", i, (long long)(window.start_at - AT),
           (long long)(window.end_at - AT));
        ok(ca_renewal_retry_s(&issued) == rows[i].retry_s, "row %zu: %lld s", i,
           (long long)ca_renewal_retry_s(&issued));
    }
    all_ok();
}

static void test_serial_of_an_id(void **state)
{
    static const struct {
        const char *id, *serial;
    } rows[] = {
        {"aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE", "87654321"}, /* RFC 9773 section 4.1 */
        {"aYhba4dGQEHhs3uEe6CuLN4ByNQ.h2VDIQ", "87654321"},
        {"AA.AA", "00"},
        {"", NULL},
        {".", NULL},
        {"AA", NULL},
        {"AA.", NULL},
        {".AA", NULL},
        {"AA.AA.AA", NULL},
        {"AA.A A", NULL},
        {"AA==.AA", NULL},
        {"AA.\xc3\xa4", NULL},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *serial = ca_renewal_serial(mem, rows[i].id);

        ok(rows[i].serial ? serial && strcmp(serial, rows[i].serial) == 0 : !serial, "%s: %s",
           rows[i].id, serial);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_serial_of_an_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
