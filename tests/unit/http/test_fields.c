/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "check.h"
#include "http/fields.h"

enum { F_NAME, F_COUNT_OF, F_FLAG, F_LIST, F_NOTE, F_COUNT };

static const struct http_field fields[F_COUNT] = {
    [F_NAME] = {.name = "name", .type = FIELD_TEXT, .is_required = true, .min = 1, .max = 5},
    [F_COUNT_OF] = {.name = "count", .type = FIELD_NUMBER, .min = 1, .max = 10},
    [F_FLAG] = {.name = "flag", .type = FIELD_BOOL},
    [F_LIST] = {.name = "list", .type = FIELD_TEXTS, .min = 1, .max = 3, .max_text = 4},
    [F_NOTE] = {.name = "note", .type = FIELD_TEXT, .max = 10, .is_nullable = true},
};

static const char *show(struct arena *mem, const struct http_value *v, const struct err *err)
{
    struct buf b = buf_new(mem, 1024);

    if (err->code != ERR_NONE)
        return arena_printf(mem, "%s: %s", err->field, err->text);
    buf_printf(&b, "name=%s", v[F_NAME].text);
    if (v[F_COUNT_OF].is_given)
        buf_printf(&b, " count=%lld", (long long)v[F_COUNT_OF].number);
    if (v[F_FLAG].is_given)
        buf_printf(&b, " flag=%d", v[F_FLAG].is_true);
    for (size_t i = 0; i < v[F_LIST].count; i++)
        buf_printf(&b, " list=%s", v[F_LIST].texts[i]);
    if (v[F_NOTE].is_given)
        buf_printf(&b, " note=%s", v[F_NOTE].text ? v[F_NOTE].text : "null");
    return buf_cstr(&b);
}

static void test_json(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"{\"name\":\"abc\"}", "name=abc"},
        {"{\"name\":\"abcde\",\"count\":1,\"flag\":true,\"list\":[\"a\",\"b\"],\"note\":\"\"}",
         "name=abcde count=1 flag=1 list=a list=b note="},
        {"{\"name\":\"a\",\"note\":null}", "name=a note=null"},
        {"{\"name\":\"abcdef\"}", "name: has 6 octets, at most 5 are allowed"},
        {"{\"name\":\"\"}", "name: must not be empty"},
        {"{\"name\":\"a\\tb\"}", "name: has the control character 0x09"},
        {"{\"name\":null}", "name: must be text"},
        {"{\"name\":1}", "name: must be text"},
        {"{}", "name: is missing"},
        {"{\"name\":\"a\",\"extra\":1}", "extra: there is no field \"extra\" here"},
        {"{\"name\":\"a\",\"count\":0}", "count: is 0, allowed is 1 to 10"},
        {"{\"name\":\"a\",\"count\":10}", "name=a count=10"},
        {"{\"name\":\"a\",\"count\":11}", "count: is 11, allowed is 1 to 10"},
        {"{\"name\":\"a\",\"count\":1.0}", "count: must be a whole number"},
        {"{\"name\":\"a\",\"flag\":\"true\"}", "flag: must be true or false"},
        {"{\"name\":\"a\",\"list\":[]}", "list: has 0 items, allowed is 1 to 3"},
        {"{\"name\":\"a\",\"list\":[\"a\",\"b\",\"c\",\"d\"]}",
         "list: has 4 items, allowed is 1 to 3"},
        {"{\"name\":\"a\",\"list\":[\"abcde\"]}", "list: has 5 octets, at most 4 are allowed"},
        {"{\"name\":\"a\",\"list\":[1]}", "list: must be a list of texts"},
        {"{\"name\":\"a\",\"list\":\"a\"}", "list: must be a list of texts"},
        {"[]", ": the body must be a JSON object"},
        {"", ": the JSON text is empty"},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_value v[F_COUNT] = {0};
        struct err err = {0};
        json_t *json;
        const char *got;

        if (http_json_parse(mem, slice_str(rows[i].text), &json, &err))
            (void)!http_json_fields(mem, json, fields, F_COUNT, v, &err);
        got = show(mem, v, &err);
        ok(strcmp(got, rows[i].want) == 0, "%s gives \"%s\"", rows[i].text, got);
    }
    all_ok();
}

static void test_query(void **state)
{
    static const struct {
        const char *target, *want;
    } rows[] = {
        {"/?name=abc&count=3&flag=false&list=a,b", "name=abc count=3 flag=0 list=a list=b"},
        {"/?name=abc&list=a,b,c", "name=abc list=a list=b list=c"},
        {"/?name=abc&list=a,b,c,d", "list: has 4 items, allowed is 1 to 3"},
        {"/?name=abc&list=", "list: must not be empty"},
        {"/?name=abc&count=x", "count: must be a whole number"},
        {"/?name=abc&count=99999999999999999999", "count: must be a whole number"},
        {"/?name=abc&flag=1", "flag: must be true or false"},
        {"/?name=abc&other=1", "other: there is no field \"other\" here"},
        {"/", "name: is missing"},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_value v[F_COUNT] = {0};
        struct http_req req = {.mem = mem};
        struct err err = {0};
        const char *got;

        if (uri_parse(mem, rows[i].target, &req.uri, &err))
            (void)!http_query_fields(&req, fields, F_COUNT, v, &err);
        got = show(mem, v, &err);
        ok(strcmp(got, rows[i].want) == 0, "%s gives \"%s\"", rows[i].target, got);
    }
    all_ok();
}

static void test_form(void **state)
{
    static const char form[] = "application/x-www-form-urlencoded";
    static const struct {
        const char *type, *body, *want;
    } rows[] = {
        {form, "name=a+b%2B&count=3&flag=true", "name=a b+ count=3 flag=1"},
        {"application/x-www-form-urlencoded; charset=UTF-8", "name=%C3%BC", "name=\xc3\xbc"},
        {form, "name=abc&note=", "name=abc note="},
        {form, "name=%00", ": the form: the decoded text is not UTF-8 or has a NUL"},
        {form, "name=%zz", ": the form: \"%\" is not followed by two hex digits"},
        {form, "name=%0d%0ax", "name: has the control character 0x0d"},
        {form, "name=a&name=b", ": the form: the parameter \"name\" is there twice"},
        {form, "=a", ": the form: a parameter without a name"},
        {form, "", "name: is missing"},
        {"text/plain", "name=a", ": a form must come as application/x-www-form-urlencoded"},
        {"multipart/form-data; boundary=x", "",
         ": a form must come as application/x-www-form-urlencoded"},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct http_pair header = {"Content-Type", rows[i].type};
        const struct http_req req = {
            .mem = mem, .headers = &header, .header_count = 1, .body = slice_str(rows[i].body)};
        struct http_value v[F_COUNT] = {0};
        struct err err = {0};
        const char *got;

        (void)!http_form_fields(&req, fields, F_COUNT, v, &err);
        got = show(mem, v, &err);
        ok(strcmp(got, rows[i].want) == 0, "%s gives \"%s\"", rows[i].body, got);
    }
    all_ok();
}

/* A request that takes no field: there is no array either. */
static void test_no_fields(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct http_req req = {.mem = mem};
    struct err err = {0};
    json_t *json;
    (void)state;

    assert_true(http_json_parse(mem, slice_str("{}"), &json, &err));
    ok(http_json_fields(mem, json, NULL, 0, NULL, &err), "%s", err.text);
    assert_true(uri_parse(mem, "/", &req.uri, &err));
    ok(http_query_fields(&req, NULL, 0, NULL, &err), "%s", err.text);
    assert_true(uri_parse(mem, "/?a=1", &req.uri, &err));
    ok(!http_query_fields(&req, NULL, 0, NULL, &err) &&
           !strcmp(err.text, "there is no field \"a\" here"),
       "%s", err.text);
    all_ok();
}

/* An unknown name may be as long as the body: the error keeps its reason. */
static void test_long_name(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    char name[2000];
    struct http_value v[F_COUNT];
    struct err err = {0};
    json_t *json;
    (void)state;

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_true(
        http_json_parse(mem, slice_str(arena_printf(mem, "{\"%s\":1}", name)), &json, &err));
    assert_false(http_json_fields(mem, json, fields, F_COUNT, v, &err));
    assert_int_equal(strlen(err.field), ERR_FIELD_MAX - 1);
    assert_string_equal(err.text + strlen(err.text) - 6, "\" here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json), cmocka_unit_test(test_query), cmocka_unit_test(test_form),
        cmocka_unit_test(test_no_fields), cmocka_unit_test(test_long_name)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
