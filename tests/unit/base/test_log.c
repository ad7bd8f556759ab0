/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "check.h"

#define AT "at=1970-01-01T00:00:00.000Z level=info event=order.issued"

static void line_is(enum log_format format, const struct log_field *fields, size_t count,
                    const char *want)
{
    const struct log_entry entry = {LOG_INFO, 0, "order.issued", fields, count};
    char line[LOG_LINE_MAX];
    size_t len = log_line(line, format, &entry);

    ok(len == strlen(want) && memcmp(line, want, len) == 0, "%.*s", (int)len, line);
}

static void test_lines(void **state)
{
    (void)state;
    const struct log_field plain[] = {KS("order", "ord_1"), KI("days", -90)};
    const struct log_field hostile[] = {KS("name", "a\"b\nlevel=error\x1b[2J"), KS("empty", NULL)};
    const struct log_field raw[] = {KS("octets", "\xff\xfe")};

    line_is(LOG_LOGFMT, plain, 2, AT " order=ord_1 days=-90\n");
    line_is(LOG_LOGFMT, hostile, 2, AT " name=\"a\\\"b\\nlevel=error\\u001b[2J\" empty=\"\"\n");
    line_is(LOG_LOGFMT, raw, 1, AT " octets=\"\\u00ff\\u00fe\"\n");
    line_is(LOG_JSON, plain, 2,
            "{\"at\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"event\":\"order.issued\","
            "\"order\":\"ord_1\",\"days\":-90}\n");
    all_ok();
}

static void test_limits(void **state)
{
    (void)state;
    static const size_t lengths[] = {LOG_VALUE_MAX - 1, LOG_VALUE_MAX, LOG_VALUE_MAX + 1};
    char line[LOG_LINE_MAX], value[LOG_VALUE_MAX + 2];

    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        struct log_field field = KS("v", value);
        const struct log_entry entry = {LOG_INFO, 0, "e", &field, 1};
        size_t len;

        memset(value, 'x', sizeof(value));
        value[lengths[i]] = '\0';
        len = log_line(line, LOG_LOGFMT, &entry);
        ok((memmem(line, len, "[cut]", 5) != NULL) == (lengths[i] > LOG_VALUE_MAX), "%zu octets",
           lengths[i]);
    }
    all_ok();
}

static void test_long_line(void **state)
{
    (void)state;
    char line[LOG_LINE_MAX], value[LOG_VALUE_MAX + 1];
    struct log_field fields[20];
    const struct log_entry entry = {LOG_INFO, 0, "e", fields, ARRAY_LEN(fields)};
    size_t len;

    memset(value, '"', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        fields[i] = KS("v", value);
    len = log_line(line, LOG_JSON, &entry);
    ok(len <= LOG_LINE_MAX && line[len - 1] == '\n' && line[len - 2] == '}' && line[len - 3] == '"',
       "a line that is too long loses whole fields only");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
