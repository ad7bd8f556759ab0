/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"
#include "model/location.h"

#define C32  "cccccccccccccccccccccccccccccccc"
#define C128 C32 C32 C32 C32

static const struct {
    struct location_input input;
    const char *state_code, *state, *city;
} accepted[] = {
    {{"US", "CA", NULL}, "US-CA", "California", NULL},
    {{"us", "us-ca", ""}, "US-CA", "California", NULL},
    {{"US", "california", "Oakland"}, "US-CA", "California", "Oakland"},
    {{"DE", "BY", NULL}, "DE-BY", "Bayern", NULL},
    {{"VA", NULL, "Vatican City"}, NULL, NULL, "Vatican City"},
    {{"GI", "", "Gibraltar"}, NULL, NULL, "Gibraltar"},
    {{"PR", NULL, C128}, NULL, NULL, C128},
};

static const struct {
    struct location_input input;
    const char *field, *text;
} refused[] = {
    {{NULL, NULL, NULL}, "country", "a country is required"},
    {{"", "CA", "x"}, "country", "a country is required"},
    {{"ZZ", NULL, NULL},
     "country",
     "\"ZZ\" is not the code of a country (ISO 3166-1, two letters)"},
    {{"USA", NULL, NULL},
     "country",
     "\"USA\" is not the code of a country (ISO 3166-1, two letters)"},
    {{"US", NULL, "Oakland"}, "state", "a state or province of United States is required"},
    {{"US", "", ""}, "state", "a state or province of United States is required"},
    {{"US", "BY", NULL},
     "state",
     "\"BY\" is not a state or province of United States (ISO 3166-2)"},
    {{"US", "DE-BY", NULL},
     "state",
     "\"DE-BY\" is not a state or province of United States (ISO 3166-2)"},
    {{"GI", "X", "Gibraltar"}, "state", "Gibraltar has no states: leave it out and give a city"},
    {{"GI", NULL, NULL}, "city", "a city is required, since Gibraltar has no states"},
    {{"GI", NULL, C128 "c"}, "city", "the city has 129 characters, at most 128 are allowed"},
    {{"GI", NULL, "a\nb"}, "city", "the city holds the control character 0x0a"},
    {{"GI", NULL, "\xff"}, "city", "the city is not UTF-8"},
};

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* req: R19 */
static void test_accepted(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct location_list *list = NULL;
    struct err err = {0};

    assert_true(location_list_load(mem, NULL, &list, &err));
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        struct location got = {0};

        ok(location_read(mem, list, &accepted[i].input, &got, &err), "row %zu: %s", i, err.text);
        ok(same(got.state_code, accepted[i].state_code), "row %zu: %s", i, got.state_code);
        ok(same(got.state, accepted[i].state), "row %zu: %s", i, got.state);
        ok(same(got.city, accepted[i].city), "row %zu: %s", i, got.city);
    }
    all_ok();
}

/* req: R19, A15 */
static void test_refused(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct location_list *list = NULL;
    struct err err = {0};

    assert_true(location_list_load(mem, NULL, &list, &err));
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct location got = {.country = "untouched"};

        ok(!location_read(mem, list, &refused[i].input, &got, &err), "row %zu is refused", i);
        ok(same(err.field, refused[i].field), "row %zu: field %s", i, err.field);
        ok(same(err.text, refused[i].text), "row %zu: %s", i, err.text);
        ok(same(got.country, "untouched"), "row %zu: out is untouched", i);
    }
    all_ok();
}

static void test_list(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct location_list *list = NULL;
    const struct country *countries;
    struct err err = {0};
    size_t count;

    assert_true(location_list_load(mem, NULL, &list, &err));
    countries = location_countries(list, &count);
    ok(count >= 249, "%zu countries", count);
    for (size_t i = 1; i < count; i++)
        ok(strcmp(countries[i - 1].name, countries[i].name) < 0, "%s is in order",
           countries[i].name);
    ok(location_country(list, "ch")->has_states && !location_country(list, "aq")->has_states,
       "who has states");
    list = NULL;
    ok(!location_list_load(mem, "/nonexistent", &list, &err) && !list, "%s", err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
