/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "check.h"
#include "model/job_kind.h"
#include "model/term.h"

static const struct {
    const char *start;
    int years;
    const char *end;
} cases[] = {
    {"2026-11-24T03:48:04.120Z", 1, "2027-11-24T03:48:04.120Z"},
    {"2028-02-29T00:00:00.000Z", 1, "2029-02-28T00:00:00.000Z"},
    {"2028-02-29T12:00:00.000Z", 4, "2032-02-29T12:00:00.000Z"},
    {"2027-02-28T23:59:59.999Z", 1, "2028-02-28T23:59:59.999Z"},
    {"2026-12-31T00:00:00.000Z", 1, "2027-12-31T00:00:00.000Z"},
};

static void test_term(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[CLOCK_TEXT_SIZE];
        struct err err = {0};
        int64_t start = 0;

        ok(clock_parse(cases[i].start, &start, &err), "%s", cases[i].start);
        ok(strcmp(clock_text(term_end(start, cases[i].years), text), cases[i].end) == 0,
           "%s and %d years is %s", cases[i].start, cases[i].years, text);
    }
    all_ok();
}

static void test_job_kinds(void **state)
{
    (void)state;
    enum job_kind back;

    for (int i = 0; i < JOB_KIND_COUNT; i++)
        ok(job_kind_parse(job_kind_name((enum job_kind)i), &back) && back == (enum job_kind)i,
           "%s reads back", job_kind_name((enum job_kind)i));
    ok(!job_kind_parse("", &back) && !job_kind_parse("issues", &back), "unknown kinds are refused");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_term),
        cmocka_unit_test(test_job_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
