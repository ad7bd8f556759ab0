/* SPDX-License-Identifier: Apache-2.0 */
#include "api/list.h"
#include "check.h"

static const struct http_field fields[] = {API_PAGE_FIELDS};

static bool read_page(struct arena *mem, const char *target, struct page *page, struct err *err)
{
    struct http_req req = {.mem = mem};
    struct http_value in[ARRAY_LEN(fields)];

    return uri_parse(mem, target, &req.uri, err) &&
           api_read_list(&req, fields, ARRAY_LEN(fields), in, page, err);
}

static void test_pages(void **state)
{
    static const struct {
        const char *target;
        int64_t limit;
        const char *after; /* NULL: the first page */
        const char *text;  /* the error; NULL: none */
    } rows[] = {
        {"/", API_LIMIT, NULL, NULL},
        {"/?limit=1", 1, NULL, NULL},
        {"/?limit=200", 200, NULL, NULL},
        {"/?limit=201", 0, NULL, "is 201, allowed is 1 to 200"},
        {"/?limit=0", 0, NULL, "is 0, allowed is 1 to 200"},
        {"/?cursor=b3JkXzE", API_LIMIT, "ord_1", NULL},
        {"/?cursor=", 0, NULL, "must not be empty"},
        {"/?cursor=b3JkXzE=", 0, NULL, "the cursor was not given out by this list"},
        {"/?cursor=_w", 0, NULL, "the cursor was not given out by this list"},
        {"/?cursor=AA", 0, NULL, "the cursor was not given out by this list"},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct page page = {0};
        struct err err = {0};
        bool is_read = read_page(mem, rows[i].target, &page, &err);

        ok(is_read == !rows[i].text && strcmp(err.text, rows[i].text ? rows[i].text : "") == 0,
           "%s: \"%s\"", rows[i].target, err.text);
        ok(page.limit == rows[i].limit, "%s: limit %lld", rows[i].target, (long long)page.limit);
        ok(rows[i].after ? page.after && strcmp(page.after, rows[i].after) == 0 : !page.after,
           "%s: after %s", rows[i].target, page.after ? page.after : "nothing");
    }
    all_ok();
}

static void test_cursor_of_an_answer(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct http_req req = {.mem = mem};
    struct http_res res = {.mem = mem, .req = &req};
    (void)state;

    assert_true(api_reply_list(&res, json_array(), "ord_1"));
    assert_string_equal((const char *)res.body.data, "{\"items\":[],\"next_cursor\":\"b3JkXzE\"}");
    assert_true(api_reply_list(&res, json_array(), NULL));
    assert_string_equal((const char *)res.body.data, "{\"items\":[],\"next_cursor\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pages),
                                       cmocka_unit_test(test_cursor_of_an_answer)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
