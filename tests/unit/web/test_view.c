/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "check.h"
#include "web/view.h"

/* The parts of a sentence, its instants as <iso>. */
static void read_sentence(const char *text, char *out, size_t size)
{
    json_auto_t *json = view_sentence(text);
    const json_t *part;
    size_t i;

    json_array_foreach(json_object_get(json, "parts"), i, part)
    {
        const char *iso = json_string_value(json_object_get(json_object_get(part, "time"), "iso"));
        size_t len = strlen(out);

        snprintf(out + len, size - len, "%s%s%s%s",
                 json_string_value(json_object_get(part, "text")), iso ? "<" : "", iso ? iso : "",
                 iso ? ">" : "");
    }
}

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
        {"paid until 2027-10-12T08:00:00Z", "Paid until <2027-10-12T08:00:00.000Z>"},
        {"from 2027-10-12T08:00:00.5Z to 2027-10-13T08:00:00+02:00.",
         "From <2027-10-12T08:00:00.500Z> to <2027-10-13T06:00:00.000Z>."},
        {"2027-10-12T08:00:00Z", "<2027-10-12T08:00:00.000Z>"},
        {"serial 12027-10-12T08:00:00Z", "Serial 12027-10-12T08:00:00Z"},
        {"on 2027-10-12, at 2027-13-12T08:00:00Z", "On 2027-10-12, at 2027-13-12T08:00:00Z"},
        {"2027-10-12T08:00:00", "2027-10-12T08:00:00"}, /* of which zone? */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char got[200] = "";

        read_sentence(rows[i].text, got, sizeof(got));
        ok(strcmp(got, rows[i].want) == 0, "row %zu: %s", i, got);
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

static void test_distance(void **state)
{
    static const struct {
        int64_t days;
        int ahead, past;
    } rows[] = {{0, 0, 0}, {1, 0, 0}, {2, 2, 0}, {400, 400, 0}, {-1, 0, 0}, {-2, 0, 2}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t minute = rows[i].days < 0 ? -60000 : 60000;
        json_auto_t *time = view_time(clock_now() + rows[i].days * INT64_C(86400000) + minute);

        ok(json_integer_value(json_object_get(time, "days_ahead")) == rows[i].ahead &&
               json_integer_value(json_object_get(time, "days_past")) == rows[i].past,
           "row %zu", i);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sentence), cmocka_unit_test(test_time),
                                       cmocka_unit_test(test_distance)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
