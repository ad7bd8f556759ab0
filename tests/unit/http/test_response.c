/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "check.h"
#include "http/response.h"

static struct http_res res_of(struct http_req *req)
{
    return (struct http_res){.mem = req->mem, .req = req};
}

static const char *body_of(const struct http_res *res)
{
    return (const char *)res->body.data;
}

static void test_problem(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct http_req req = {.mem = mem, .id = "req_1"};
    struct http_res res = res_of(&req);
    struct err err;
    (void)state;

    err_field(&err, "name", "label 1: empty label");
    assert_true(http_reply_problem(&res, &err));
    assert_int_equal(res.status, 422);
    assert_string_equal(res.type, "application/problem+json");
    assert_string_equal(body_of(&res),
                        "{\"type\":\"/problems/bad_input\",\"title\":\"bad input\",\"status\":422,"
                        "\"detail\":\"label 1: empty label\",\"instance\":\"req_1\","
                        "\"code\":\"bad_input\",\"who_acts\":\"caller\",\"field\":\"name\"}");
}

static void test_internal_is_hidden(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct http_req req = {.mem = mem, .id = "req_1"};
    struct http_res res = res_of(&req);
    struct err err;
    (void)state;

    err_set(&err, ERR_STORE, "no such table: secret_table");
    http_reply_problem(&res, &err);
    assert_int_equal(res.status, 500);
    assert_null(strstr(body_of(&res), "secret_table"));
    assert_string_equal(res.err.text, "no such table: secret_table");
}

static void test_retry(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct http_req req = {.mem = mem, .id = "req_1"};
    struct http_res res = res_of(&req);
    struct err err;
    int64_t wait;
    (void)state;

    err_set(&err, ERR_RATE_LIMITED, "30 checks a minute");
    err.retry_at = clock_now() + 90500;
    http_reply_problem(&res, &err);
    assert_true(slice_i64(slice_str(http_res_get(&res, "retry-after")), 90, 91, &wait));
    assert_non_null(strstr(body_of(&res), "\"retry_at\":\"20"));

    res = res_of(&req);
    err.retry_at = 1;
    http_reply_problem(&res, &err);
    assert_string_equal(http_res_get(&res, "Retry-After"), "1");

    res = res_of(&req);
    err_set(&err, ERR_BUSY, "full");
    http_reply_problem(&res, &err);
    assert_string_equal(http_res_get(&res, "Retry-After"), "1");
}

/* Text from outside may be cut in the middle of a character, or be no text at all. */
static void test_text_that_is_not_utf8(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct http_req req = {.mem = mem, .id = "req_1"};
    struct http_res res = res_of(&req);
    char long_name[ERR_TEXT_MAX + 10];
    struct err err;
    json_t *json;
    (void)state;

    for (size_t i = 0; i + 2 < sizeof(long_name); i += 2)
        memcpy(long_name + i, "\xc3\xa9", 2);
    long_name[sizeof(long_name) - 2] = '\0';
    err_set(&err, ERR_BAD_INPUT, "x%s", long_name);
    assert_false(slice_is_utf8(slice_str(err.text)) && strlen(err.text) % 2 == 0);
    assert_true(http_reply_problem(&res, &err));
    json = http_json_text("a\xff z");
    assert_string_equal(json_string_value(json), "a? z");
    json_decref(json);
    assert_true(json_is_null(http_json_text(NULL)));
}

static void test_headers(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct http_req req = {.mem = mem, .id = "req_1"};
    struct http_res res = res_of(&req);
    (void)state;

    http_res_header(&res, "Cache-Control", "no-store");
    http_res_header(&res, "cache-control", "max-age=5");
    http_res_header(&res, "Link", "<a>");
    http_res_header(&res, "Link", "<b>");
    assert_int_equal(res.header_count, 3);
    assert_string_equal(http_res_get(&res, "CACHE-CONTROL"), "max-age=5");
    assert_null(http_res_get(&res, "ETag"));
}

static void test_unchanged(void **state)
{
    static const struct {
        const char *sent;
        bool want;
    } rows[] = {
        {"\"abc\"", true},   {"\"x\", \"abc\"", true}, {"W/\"abc\"", true},
        {"\"abcd\"", false}, {"abc", false},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_pair header = {"If-None-Match", rows[i].sent};
        struct http_req req = {.mem = mem, .headers = &header, .header_count = 1};
        struct http_res res = res_of(&req);

        ok(http_reply_unchanged(&res, "abc") == rows[i].want &&
               res.status == (rows[i].want ? 304 : 0) &&
               strcmp(http_res_get(&res, "ETag"), "\"abc\"") == 0,
           "%s", rows[i].sent);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problem), cmocka_unit_test(test_internal_is_hidden),
        cmocka_unit_test(test_retry),   cmocka_unit_test(test_text_that_is_not_utf8),
        cmocka_unit_test(test_headers), cmocka_unit_test(test_unchanged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
