/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "check.h"
#include "job/ca_seats.h"

static unsigned take_all(struct ca_seats *seats, struct err *err)
{
    unsigned count = 0;

    while (count < 1000 && ca_seats_take(seats, "Silent CA", err))
        count++;
    return count;
}

/* How many threads one CA may hold. */
static void test_most(void **state)
{
    static const struct {
        unsigned threads;
        size_t cas;
        unsigned most;
    } rows[] = {{1, 1, 1}, {1, 2, 1}, {2, 1, 2}, {2, 2, 1},  {3, 2, 2},   {4, 1, 4},
                {4, 2, 3}, {4, 9, 3}, {8, 2, 6}, {11, 2, 9}, {64, 2, 48}, {64, 1, 64}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ca_seats *seats = ca_seats_new(rows[i].threads, rows[i].cas);
        struct err err = {0};
        unsigned most = take_all(seats, &err);

        ok(most == rows[i].most, "%u threads, %zu CAs: %u", rows[i].threads, rows[i].cas, most);
        ok(err.code == ERR_CA_BUSY, "%s", err.text);
        ca_seats_free(seats);
    }
    all_ok();
}

static void test_leave(void **state)
{
    struct ca_seats *seats = ca_seats_new(2, 2);
    struct err err = {0};
    int64_t now = clock_now();

    (void)state;
    ok(ca_seats_take(seats, "Silent CA", &err), "%s", err.text);
    ok(!ca_seats_take(seats, "Silent CA", &err) && !ca_seats_take(seats, "Silent CA", &err),
       "it may hold one");
    ok(strcmp(err.text, "Silent CA has not answered yet where it was asked before (1 at once)") ==
           0,
       "%s", err.text);
    ok(err.retry_at >= now + 500 && err.retry_at <= clock_now() + 1500, "again in about a second");
    ca_seats_leave(seats);
    ok(ca_seats_take(seats, "Silent CA", &err), "what was refused took nothing");
    ca_seats_free(seats);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_most), cmocka_unit_test(test_leave)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
