/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "text/catalogue.h"

static void test_texts(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct catalogue *texts;
    struct err err = {0};

    (void)state;
    assert_true(catalogue_new(
        SLICE_LIT("{\"g\":{\"plain\":\"Hello\",\"two\":\"{a} of {b}, {a}\",\"brace\":\"a } b\"}}"),
        &texts, &err));
    assert_string_equal(catalogue_text(mem, texts, "g.plain", NULL), "Hello");
    assert_string_equal(catalogue_text(mem, texts, "g.two", "a", "1", "b", "{a}", NULL),
                        "1 of {a}, 1");
    assert_string_equal(catalogue_text(mem, texts, "g.brace", NULL), "a } b");
    assert_int_equal(json_object_size(catalogue_json(texts)), 1);
    catalogue_free(texts);
}

/* "<" value ">": the value has all octets but two. */
static void test_limit(void **state)
{
    static const struct {
        size_t len;       /* of the value */
        const char *last; /* its last character, as many octets of len */
        const char *want; /* the end of the text, behind what is as the value begins */
    } rows[] = {
        {CATALOGUE_TEXT_MAX - 3, "b", "b>"},
        {CATALOGUE_TEXT_MAX - 2, "b", "b>"},
        {CATALOGUE_TEXT_MAX - 1, "b", "b\u2026"},
        {CATALOGUE_TEXT_MAX, "b", "\u2026"},
        {CATALOGUE_TEXT_MAX, "\u00e9", "\u2026"},
        {CATALOGUE_TEXT_MAX - 1, "\u00e9", "\u00e9\u2026"},
        {10 * CATALOGUE_TEXT_MAX, "b", "\u2026"},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct catalogue *texts;
    struct err err = {0};

    (void)state;
    assert_true(catalogue_new(SLICE_LIT("{\"g\":{\"k\":\"<{v}>\"}}"), &texts, &err));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t begin = rows[i].len - strlen(rows[i].last), shown;
        char *value = arena_alloc(mem, rows[i].len + 1);
        const char *text;

        memset(value, 'a', begin);
        memcpy(value + begin, rows[i].last, strlen(rows[i].last) + 1);
        text = catalogue_text(mem, texts, "g.k", "v", value, NULL);
        shown = 1 + strspn(text + 1, "a");
        ok(text[0] == '<' && strcmp(text + shown, rows[i].want) == 0, "row %zu ends %s", i,
           text + shown);
        ok(shown <= CATALOGUE_TEXT_MAX &&
               shown + 2 >= (rows[i].len < CATALOGUE_TEXT_MAX ? rows[i].len : CATALOGUE_TEXT_MAX),
           "row %zu: %zu octets of the value", i, shown);
    }
    catalogue_free(texts);
    all_ok();
}

static void test_refused(void **state)
{
    static const struct {
        const char *json, *want;
    } rows[] = {
        {"{", "messages: line 1: string or '}' expected near end of file"},
        {"[]", "messages: not an object"},
        {"{\"g\":\"x\"}", "messages: \"g\" is not an object of texts"},
        {"{\"g\":{\"k\":1}}", "messages: \"g.k\" is not a text"},
        {"{\"g\":{},\"g\":{}}", "messages: line 1: duplicate object key near '\"g\"'"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct catalogue *texts = NULL;
        struct err err = {0};

        ok(!catalogue_new(slice_str(rows[i].json), &texts, &err), "%s is refused", rows[i].json);
        ok(err.code == ERR_CONFIG && strcmp(err.text, rows[i].want) == 0, "%s: %s", rows[i].json,
           err.text);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
