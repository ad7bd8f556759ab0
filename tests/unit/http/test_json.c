/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "http/request.h"

#define DEEP15 "[[[[[[[[[[[[[[["
#define DONE15 "]]]]]]]]]]]]]]]"

static const struct {
    const char *type, *text;
    const char *want; /* the start of the error; NULL = accepted */
} cases[] = {
    {"application/json", "{\"a\":1}", NULL},
    {"application/json; charset=utf-8", "[]", NULL},
    {"Application/JSON", "\"x\"", NULL},
    {"application/jsonx", "{}", "the Content-Type is not application/json"},
    {"text/plain", "{}", "the Content-Type is not application/json"},
    {NULL, "{}", "the Content-Type is not application/json"},
    {"application/json", "", "the JSON text is empty"},
    {"application/json", "{\"a\":1,\"a\":2}", "not valid JSON at line 1, column 10: "},
    {"application/json", "{\"a\":\"\\u0000\"}", "not valid JSON at line 1, column "},
    {"application/json", "{} {}", "not valid JSON at line 1, column 4: end of file"},
    {"application/json", "{\"a\":\"\xff\"}", "not valid JSON at line 1, column "},
    {"application/json", "\n{a:1}", "not valid JSON at line 2, column "},
    {"application/json", DEEP15 DONE15, NULL},
    {"application/json", "[" DEEP15 DONE15 "]", NULL},
    {"application/json", "[[" DEEP15 DONE15 "]]", "the JSON text nests deeper than 16 levels"},
    {"application/json",
     "\"" DEEP15 DEEP15 "\\\""
     "[\"",
     NULL},
    {"application/json", "]]]]]]]]]", "not valid JSON at line 1, column 1: "},
};

static void test_table(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct http_pair header = {"content-type", cases[i].type};
        struct http_req req = {.mem = mem,
                               .headers = &header,
                               .header_count = cases[i].type ? 1 : 0,
                               .body = slice_str(cases[i].text)};
        struct err err = {0};
        json_t *json = NULL;
        bool is_read = http_body_json(&req, &json, &err);

        ok(is_read == !cases[i].want && (is_read ? json != NULL : json == NULL) &&
               (is_read || strncmp(err.text, cases[i].want, strlen(cases[i].want)) == 0),
           "%s gives \"%s\"", cases[i].text, err.text);
    }
    all_ok();
}

static void test_bearer(void **state)
{
    static const struct {
        const char *value, *want;
    } rows[] = {
        {"Bearer abc", "abc"}, {"bearer  abc", "abc"}, {"Basic YTpi", NULL},
        {"Bearer", NULL},      {"Bearer ", ""},        {"", NULL},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_pair header = {"Authorization", rows[i].value};
        struct http_req req = {.headers = &header, .header_count = 1};
        const char *got = http_bearer(&req);

        ok(rows[i].want ? got && strcmp(got, rows[i].want) == 0 : !got, "\"%s\" gives \"%s\"",
           rows[i].value, got ? got : "none");
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_bearer)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
