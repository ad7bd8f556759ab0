/* SPDX-License-Identifier: Apache-2.0 */
#include "api/check_limit.h"
#include "check.h"

#define T0     INT64_C(1795000000000)
#define MINUTE INT64_C(60000)

static bool begin(struct check_limit *limit, const char *token, const char *partner,
                  const char *name, struct err *err)
{
    return check_limit_begin(limit, &(struct check_asker){token, partner, 0}, name, T0, err);
}

static bool run_one(struct check_limit *limit, const char *token, int64_t now, struct err *err)
{
    if (!check_limit_begin(limit, &(struct check_asker){token, NULL, 0}, "one.example", now, err))
        return false;
    check_limit_end(limit, "one.example");
    return true;
}

/* n-1, n, n+1 within a minute; a new minute, and another token, begin anew. */
static void test_per_minute(void **state)
{
    struct check_limit *limit = check_limit_new(4);
    struct err err = {0};
    (void)state;

    for (int i = 1; i <= CHECKS_PER_MIN; i++)
        ok(run_one(limit, "tok_a", T0 + i * 1000, &err), "check %d: %s", i, err.text);
    ok(!run_one(limit, "tok_a", T0 + 59000, &err) && err.code == ERR_RATE_LIMITED &&
           err.retry_at == T0 + 1000 + MINUTE &&
           strcmp(err.text, "30 checks a minute are allowed") == 0,
       "check 31: %s, again at +%lld", err.text, (long long)(err.retry_at - T0));
    ok(run_one(limit, "tok_b", T0 + 59000, &err), "another token");
    ok(!run_one(limit, "tok_a", T0 + 1000 + MINUTE - 1, &err), "the last millisecond");
    ok(run_one(limit, "tok_a", T0 + 1000 + MINUTE, &err), "the next minute: %s", err.text);
    check_limit_free(limit);
    all_ok();
}

/* All tokens of a partner together, beside the minute of each; another partner by itself. */
static void test_of_a_partner(void **state)
{
    static const struct {
        const char *token, *partner;
        int64_t at;
        const char *refused; /* NULL: it runs */
    } rows[] = {
        {"tok_a", "par_1", T0, NULL},
        {"tok_b", "par_1", T0 + 1, NULL},
        {"tok_a", "par_1", T0 + MINUTE - 1,
         "2 checks a minute are allowed to the partner (partner.checks_per_min), and they were: "
         "the "
         "next at 2026-11-18T11:07:40.000Z"},
        {"tok_c", "par_2", T0 + MINUTE - 1, NULL},
        {"tok_a", "par_1", T0 + MINUTE, NULL},
    };
    struct check_limit *limit = check_limit_new(4);
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct check_asker asker = {rows[i].token, rows[i].partner, 2};
        struct err err = {0};

        if (check_limit_begin(limit, &asker, "one.example", rows[i].at, &err)) {
            ok(!rows[i].refused, "row %zu runs", i);
            check_limit_end(limit, "one.example");
        } else {
            ok(rows[i].refused && strcmp(err.text, rows[i].refused) == 0 &&
                   err.code == ERR_RATE_LIMITED && err.retry_at == T0 + MINUTE,
               "row %zu: %s", i, err.text);
        }
    }
    check_limit_free(limit);
    all_ok();
}

/* A clock that is set back locks nobody out. */
static void test_clock_back(void **state)
{
    struct check_limit *limit = check_limit_new(4);
    struct err err = {0};
    (void)state;

    for (int i = 0; i < CHECKS_PER_MIN; i++)
        ok(run_one(limit, "tok_a", T0, &err), "%d", i);
    ok(run_one(limit, "tok_a", T0 - 1, &err), "%s", err.text);
    check_limit_free(limit);
    all_ok();
}

static void test_at_once(void **state)
{
    struct check_limit *limit = check_limit_new(2);
    struct err err = {0};
    (void)state;

    ok(begin(limit, "tok_a", "par_a", "one.example", &err), "first");
    ok(!begin(limit, "tok_b", NULL, "one.example", &err) && err.code == ERR_BUSY &&
           strcmp(err.text, "one.example is being checked already") == 0,
       "the same name: %s", err.text);
    ok(begin(limit, "tok_b", NULL, "two.example", &err), "second: %s", err.text);
    ok(!begin(limit, "tok_c", "par_c", "three.example", &err) && err.code == ERR_BUSY &&
           strcmp(err.text, "2 checks are running, the limit is 2") == 0,
       "third: %s", err.text);
    check_limit_end(limit, "one.example");
    ok(begin(limit, "tok_a", "par_a", "one.example", &err), "again: %s", err.text);
    check_limit_end(limit, "one.example");
    check_limit_end(limit, "two.example");
    check_limit_free(limit);
    all_ok();
}

/* A partner has half of the places, whatever number of tokens. */
static void test_share(void **state)
{
    static const struct {
        const char *token, *partner, *name, *why; /* why: "" = it may */
    } rows[] = {
        {"tok_a", "par_a", "a1.example", ""},
        {"tok_b", "par_a", "a2.example", ""},
        {"tok_c", "par_a", "a3.example", "2 checks of one partner are running, the limit is 2"},
        {"tok_d", NULL, "d1.example", ""},
        {"tok_e", "par_e", "e1.example", ""},
    };
    struct check_limit *limit = check_limit_new(4);
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        bool is_begun = begin(limit, rows[i].token, rows[i].partner, rows[i].name, &err);

        ok(is_begun == !*rows[i].why && strcmp(err.text, rows[i].why) == 0, "%s: %s", rows[i].name,
           err.text);
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_limit_end(limit, rows[i].name);
    check_limit_free(limit);
    all_ok();
}

/* A refusal by the minute gives the place back. */
static void test_refusal_takes_no_place(void **state)
{
    struct check_limit *limit = check_limit_new(1);
    struct err err = {0};
    (void)state;

    for (int i = 0; i <= CHECKS_PER_MIN; i++)
        (void)run_one(limit, "tok_a", T0, &err);
    assert_int_equal(err.code, ERR_RATE_LIMITED);
    assert_true(run_one(limit, "tok_b", T0, &err));
    check_limit_free(limit);
}

/* More tokens than there are places: each is still counted by itself. */
static void test_many_tokens(void **state)
{
    struct check_limit *limit = check_limit_new(1);
    struct err err = {0};
    char token[32];
    (void)state;

    for (int i = 0; i < 3000; i++) {
        snprintf(token, sizeof(token), "tok_%d", i);
        ok(run_one(limit, token, T0 + i, &err), "%s: %s", token, err.text);
    }
    check_limit_free(limit);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_per_minute),
        cmocka_unit_test(test_of_a_partner),
        cmocka_unit_test(test_clock_back),
        cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_refusal_takes_no_place),
        cmocka_unit_test(test_many_tokens),
        cmocka_unit_test(test_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
