/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"
#include "check.h"

static const struct {
    const char *text;
    int64_t min, max, value;
    bool is_accepted;
} numbers[] = {
    {"0", 0, 9, 0, true},
    {"9", 0, 9, 9, true},
    {"10", 0, 9, 0, false},
    {"-1", 0, 9, 0, false},
    {"-1", -1, 9, -1, true},
    {"9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX, true},
    {"9223372036854775808", INT64_MIN, INT64_MAX, 0, false},
    {"-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN, true},
    {"", 0, 9, 0, false},
    {"-", -9, 9, 0, false},
    {"+1", 0, 9, 0, false},
    {" 1", 0, 9, 0, false},
    {"1x", 0, 9, 0, false},
};

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int64_t value = 0;
        bool is_accepted =
            slice_i64(slice_str(numbers[i].text), numbers[i].min, numbers[i].max, &value);

        ok(is_accepted == numbers[i].is_accepted && value == numbers[i].value, "\"%s\" gives %lld",
           numbers[i].text, (long long)value);
    }
    all_ok();
}

static const struct {
    const char *label, *text;
    bool is_utf8;
} texts[] = {
    {"ASCII", "abc", true},
    {"two octets", "\xc3\xa9", true},
    {"three octets", "\xe2\x82\xac", true},
    {"four octets", "\xf0\x9f\x94\x91", true},
    {"overlong slash", "\xc0\xaf", false},
    {"overlong, 3 octets", "\xe0\x80\xaf", false},
    {"surrogate", "\xed\xa0\x80", false},
    {"above U+10FFFF", "\xf4\x90\x80\x80", false},
    {"cut short", "a\xe2\x82", false},
    {"lone continuation", "\x80", false},
    {"bad third octet", "\xe2\x82\x20", false},
};

static void test_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        ok(slice_is_utf8(slice_str(texts[i].text)) == texts[i].is_utf8, "%s", texts[i].label);
    ok(!slice_is_utf8(slice_of("a\0b", 3)), "a NUL inside");
    all_ok();
}

static void test_take(void **state)
{
    (void)state;
    struct slice in = slice_of("\x01\x02\x03\x04\x05\x06\x07", 7);
    uint8_t a = 0;
    uint16_t b = 0;
    uint32_t c = 0;
    uint64_t d = 7;

    ok(slice_u8(&in, &a) && a == 1, "one octet");
    ok(slice_u16(&in, &b) && b == 0x0203, "two octets, big-endian");
    ok(slice_u32(&in, &c) && c == 0x04050607, "four octets");
    ok(!slice_u64(&in, &d) && d == 7 && in.len == 0, "too short: nothing is touched");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
