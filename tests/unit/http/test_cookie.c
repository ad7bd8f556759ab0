/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "http/cookie.h"
#include "http/event_stream.h"

static void test_read(void **state)
{
    static const struct {
        const char *header, *want;
    } rows[] = {
        {"a=1", "1"},       {"b=2; a=1", "1"},       {"b=2;a=1; c=3", "1"},
        {"aa=2; a=1", "1"}, {"b=a=5; a=x=y", "x=y"}, {"a=", ""},
        {"b=2", NULL},      {"A=1", NULL},           {"a", NULL},
        {"", NULL},         {"; ; a=1", "1"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const struct http_pair header = {"cookie", rows[i].header};
        const struct http_req req = {.mem = mem, .headers = &header, .header_count = 1};
        const char *got = http_cookie(&req, "a");

        ok(got && rows[i].want ? strcmp(got, rows[i].want) == 0 : got == rows[i].want, "\"%s\": %s",
           rows[i].header, got ? got : "none");
    }
    all_ok();
}

static void test_set(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct http_res res = {.mem = mem};

    (void)state;
    http_set_cookie(&res, "__Host-a", "x");
    http_drop_cookie(&res, "__Host-b");
    assert_int_equal(res.header_count, 2);
    assert_string_equal(res.headers[0].value, "__Host-a=x; Path=/; Secure; HttpOnly; SameSite=Lax");
    assert_string_equal(res.headers[1].value,
                        "__Host-b=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax");
}

static void test_event(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct http_pair header = {"last-event-id", "7"};
    const struct http_req req = {.mem = mem, .headers = &header, .header_count = 1};
    struct http_res res = {.mem = mem, .req = &req};

    (void)state;
    assert_string_equal(http_last_event_id(&req), "7");
    assert_true(http_reply_event(&res, "8", slice_str("<p>\n\n</p>\n")));
    assert_true(slice_eq_str(res.body, "retry: 50\nid: 8\ndata: <p>\ndata: \ndata: </p>\n\n"));
    assert_string_equal(res.type, "text/event-stream");
    assert_true(http_reply_no_event(&res));
    assert_true(slice_eq_str(res.body, ": nothing new\n\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_event),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
