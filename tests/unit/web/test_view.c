/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "web/view.h"

static void test_sentence(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"the order is fulfilled", "The order is fulfilled"},
        {"www.shop.example has issues", "www.shop.example has issues"}, /* a name stays as it is */
        {"shop.example", "shop.example"},
        {"2 of 2 CDN locations show the certificate", "2 of 2 CDN locations show the certificate"},
        {"A certificate", "A certificate"},
        {"\xc3\xa4", "\xc3\xa4"},
        {"x", "X"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_auto_t *json = view_sentence(rows[i].text);

        ok(strcmp(json_string_value(json), rows[i].want) == 0, "row %zu: %s", i,
           json_string_value(json));
    }
    all_ok();
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text ? text : "nothing";
}

static void test_time(void **state)
{
    json_auto_t *time = view_time(INT64_C(1793628123456)), *none = view_time(0);

    (void)state;
    ok(json_is_null(none), "no instant");
    ok(strcmp(text_of(time, "text"), "2 Nov 2026, 14:02 UTC") == 0, "%s", text_of(time, "text"));
    ok(strcmp(text_of(time, "exact"), "2 Nov 2026, 14:02:03 UTC") == 0, "%s",
       text_of(time, "exact"));
    ok(strcmp(text_of(time, "iso"), "2026-11-02T14:02:03.456Z") == 0, "%s", text_of(time, "iso"));
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sentence),
                                       cmocka_unit_test(test_time)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
