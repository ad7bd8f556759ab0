/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "text/template.h"

static struct embedded_file file(const char *name, const char *text)
{
    return (struct embedded_file){name, (const unsigned char *)text, strlen(text)};
}

static void test_rendered(void **state)
{
    static const struct {
        const char *template, *data, *want;
    } rows[] = {
        {"plain", "{}", "plain"},
        {"<b>{{a}}</b>", "{\"a\":\"<script>'\\\"&\"}", "<b>&lt;script&gt;&apos;&quot;&amp;</b>"},
        {"<a href=\"{{a}}\">", "{\"a\":\"x\\\" onclick=\\\"y\"}",
         "<a href=\"x&quot; onclick=&quot;y\">"},
        {"{{a}}", "{\"a\":\"{{b}}\",\"b\":\"no\"}", "{{b}}"},
        {"{{n}} {{f}}|{{no}}", "{\"n\":42,\"f\":false}", "42 |"},
        {"{{#l}}[{{x}}]{{/l}}{{^l}}none{{/l}}", "{\"l\":[{\"x\":1},{\"x\":2}]}", "[1][2]"},
        {"{{#l}}[{{x}}]{{/l}}{{^l}}none{{/l}}", "{\"l\":[]}", "none"},
        {"{{#o}}{{a}}{{/o}}{{t.g.k}}", "{\"o\":{\"a\":\"in\"},\"t\":{\"g\":{\"k\":\"deep\"}}}",
         "indeep"},
        {"a{{>part}}c", "{\"b\":\"<\"}", "a(&lt;)c"},
        {"{{!comment}}x", "{}", "x"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const struct embedded_file files[] = {file("page.html", rows[i].template),
                                              file("part.html", "({{b}})")};
        json_t *data = json_loads(rows[i].data, 0, NULL);
        struct template_set *set = NULL;
        struct slice out = {0};
        struct err err = {0};

        ok(template_set_new(files, ARRAY_LEN(files), &set, &err) &&
               template_render(mem, set, "page", data, &out, &err),
           "%s: %s", rows[i].template, err.text);
        ok(slice_eq_str(out, rows[i].want), "%s: %.*s", rows[i].template, (int)out.len,
           (const char *)out.data);
        json_decref(data);
        template_set_free(set);
    }
    all_ok();
}

static void test_refused(void **state)
{
    static const struct {
        const char *template, *want;
    } rows[] = {
        {"{{{a}}}", "template page: \"{{{\" is not allowed"},
        {"{{&a}}", "template page: \"{{&\" is not allowed"},
        {"{{=<% %>=}}", "template page: \"{{=\" is not allowed"},
        {"{{>missing}}", "template page: there is no partial \"missing\""},
        {"{{>page}}", "template page: partials include one another without end"},
        {"{{> ../page}}", "template page: \"{{>\" is not allowed"},
        {"{{#open}}", "template page: Unclosed section \"open\" at 0"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct embedded_file files[] = {file("page.html", rows[i].template)};
        struct template_set *set = NULL;
        struct err err = {0};

        ok(!template_set_new(files, 1, &set, &err), "%s is refused", rows[i].template);
        ok(err.code == ERR_CONFIG && strcmp(err.text, rows[i].want) == 0, "%s: %s",
           rows[i].template, err.text);
    }
    all_ok();
}

static void test_limits(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct embedded_file files[] = {file("page.html", "{{a}}")};
    json_t *data = json_object();
    char *text = malloc(TEMPLATE_OUTPUT_MAX + 1);
    struct template_set *set;
    struct slice out;
    struct err err = {0};

    (void)state;
    memset(text, 'x', TEMPLATE_OUTPUT_MAX + 1);
    assert_true(template_set_new(files, 1, &set, &err));
    json_object_set_new(data, "a", json_stringn(text, TEMPLATE_OUTPUT_MAX));
    ok(template_render(mem, set, "page", data, &out, &err) && out.len == TEMPLATE_OUTPUT_MAX,
       "the largest page");
    json_object_set_new(data, "a", json_stringn(text, TEMPLATE_OUTPUT_MAX + 1));
    ok(!template_render(mem, set, "page", data, &out, &err) && err.code == ERR_TOO_LARGE, "%s",
       err.text);
    ok(!template_render(mem, set, "other", data, &out, &err) && err.code == ERR_INTERNAL, "%s",
       err.text);
    json_decref(data);
    free(text);
    template_set_free(set);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rendered),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
