/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "acme/retry_after.h"
#include "check.h"

#define NOW   INT64_C(1800000000000) /* Fri, 15 Jan 2027 08:00:00 GMT */
#define WEEK  (ACME_RETRY_MAX_S * 1000)
#define FALSE INT64_C(-1)

static const struct {
    const char *value, *date;
    int64_t wait_ms; /* FALSE: not accepted */
} rows[] = {
    {"0", "", 0},
    {"1", "", 1000},
    {"120", "", 120000},
    {"604799", "", WEEK - 1000},
    {"604800", "", WEEK},
    {"604801", "", WEEK},
    {"9223372036854775", "", WEEK},
    {"9223372036854776", "", FALSE},
    {"-1", "", FALSE},
    {"+1", "", FALSE},
    {"1.5", "", FALSE},
    {" 1", "", FALSE},
    {"", "", FALSE},
    {"soon", "", FALSE},
    {"Fri, 15 Jan 2027 08:00:00 GMT", "", 0},
    {"Fri, 15 Jan 2027 08:01:00 GMT", "", 60000},
    {"Friday, 15-Jan-27 08:01:00 GMT", "", 60000},
    {"Fri Jan 15 08:01:00 2027", "", 60000},
    {"Tue Feb  2 08:00:00 2027", "", WEEK},
    {"Fri, 15 Jan 2027 07:00:00 GMT", "", 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", "", 0},
    /* measured from the Date of the answer, whatever our own clock says */
    {"Wed, 01 Jan 2020 00:00:30 GMT", "Wed, 01 Jan 2020 00:00:00 GMT", 30000},
    {"Wed, 01 Jan 2020 00:00:30 GMT", "Wed, 01 Jan 2020 00:00:40 GMT", 0},
    {"Fri, 15 Jan 2027 08:01:00 GMT", "no date", 60000},
    {"Fri, 32 Jan 2027 08:01:00 GMT", "", FALSE},
    {"Fri, 00 Jan 2027 08:01:00 GMT", "", FALSE},
    {"Fri, 15 Foo 2027 08:01:00 GMT", "", FALSE},
    {"Fri, 15 Jan 2027 24:01:00 GMT", "", FALSE},
    {"Fri, 15 Jan 2027 08:01:00 UTC", "", FALSE},
    {"Fri, 15 Jan 2027 08:01:00 GMT ", "", FALSE},
    {"Fri, 15 Jan 2027 08:01:00", "", FALSE},
    {"Fri, 15 Jan 2027", "", FALSE},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t at = 7;
        bool is_read =
            acme_retry_after(slice_str(rows[i].value), slice_str(rows[i].date), NOW, &at);

        if (rows[i].wait_ms == FALSE)
            ok(!is_read && at == 7, "\"%s\" was taken as %" PRId64, rows[i].value, at - NOW);
        else
            ok(is_read && at == NOW + rows[i].wait_ms, "\"%s\" (date \"%s\"): %d, %" PRId64,
               rows[i].value, rows[i].date, is_read, at - NOW);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
