/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/quote.h"
#include "ca/tls_alert.h"
#include "check.h"

static void test_rows(void **state)
{
    const struct {
        struct slice octets;
        const char *quoted;
    } rows[] = {
        {SLICE_LIT(""), "\"\""},
        {SLICE_LIT("plain ~ text"), "\"plain ~ text\""},
        {SLICE_LIT("\"\\"), "\"\\\"\\\\\""},
        {SLICE_LIT("\a\b\f\n\r\t\v"), "\"\\a\\b\\f\\n\\r\\t\\v\""},
        {SLICE_LIT("\0\x1b\x7f"), "\"\\x00\\x1b\\x7f\""},
        {SLICE_LIT("\xff\xc3"), "\"\\xff\\xc3\""},
        {SLICE_LIT("\xc3\xa9"), "\"\\u00e9\""},
        {SLICE_LIT("\xef\xbb\xbf"), "\"\\ufeff\""},
        {SLICE_LIT("\xf0\x9f\x98\x80"), "\"\\U0001f600\""},
        {SLICE_LIT("\xc0\x80"), "\"\\xc0\\x80\""},          /* too long a form */
        {SLICE_LIT("\xed\xa0\x80"), "\"\\xed\\xa0\\x80\""}, /* half a pair */
        {SLICE_LIT("\xf0\x9f\x98"), "\"\\xf0\\x9f\\x98\""}, /* cut */
        {SLICE_LIT("a\xc3\xa9\xe9"
                   "b"),
         "\"a\\u00e9\\xe9b\""},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *quoted = ca_quoted(mem, rows[i].octets);

        ok(strcmp(quoted, rows[i].quoted) == 0, "row %zu: %s", i, quoted);
    }
    all_ok();
}

/* Of any octets: printable ASCII, and no quotation mark inside that has no backslash. */
static void test_any_octets(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        unsigned char octets[16];
        size_t len;
        const char *quoted;

        for (size_t i = 0; i < sizeof(octets); i++) {
            seed = seed * 1664525 + 1013904223;
            octets[i] = (unsigned char)(seed >> 24);
        }
        quoted = ca_quoted(mem, slice_of(octets, octets[0] % sizeof(octets)));
        len = strlen(quoted);
        for (size_t i = 0; i < len; i++)
            ok(quoted[i] >= 0x20 && quoted[i] < 0x7f, "round %d: octet %zu", round, i);
        for (size_t i = 1; i + 1 < len; i += quoted[i] == '\\' ? 2 : 1)
            ok(quoted[i] != '"', "round %d: %s", round, quoted);
    }
    all_ok();
}

static void test_alerts(void **state)
{
    static const struct {
        int alert;
        const char *text;
    } rows[] = {{0, "remote error: tls: close notify"},
                {40, "remote error: tls: handshake failure"},
                {120, "remote error: tls: no application protocol"},
                {1, "remote error: tls: alert(1)"},
                {255, "remote error: tls: alert(255)"}};
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(ca_tls_alert_text(mem, rows[i].alert), rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_any_octets),
        cmocka_unit_test(test_alerts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
