/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "config/options.h"
#include "config/value.h"
#include "config/write.h"
#include "config_file.h"

static void table_check(const struct option_table *table)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < table->count; i++) {
        const struct option *o = &table->options[i];
        char *base = arena_alloc(mem, table->row_size);
        struct err err = {0};

        ok(o->help && o->help[strlen(o->help) - 1] == '.', "%s: help is a sentence", o->key);
        ok(o->offset < table->row_size, "%s: lies in its struct", o->key);
        ok(option_find(table, o->section ? o->section : "", o->key) == o, "%s is there once",
           o->key);
        if (option_is_scalar(o) && *o->fallback)
            ok(value_set(mem, o, "/d", o->fallback, base, &err), "%s: default: %s", o->key,
               err.text);
        if (o->type == OPTION_ROWS)
            table_check(o->rows);
        else if (!option_is_scalar(o))
            ok(o->max > 0, "%s: has a limit", o->key);
    }
}

static void test_table(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    table_check(&config_options);
    for (size_t i = 0; i < config_options.count; i++) {
        const struct option *o = &config_options.options[i];
        bool is_there = false;

        for (size_t k = 0; k < config_section_count; k++)
            is_there = is_there || strcmp(config_sections[k].name, o->section) == 0;
        ok(is_there, "section %s is in the list", o->section);
        for (size_t k = 0; k < i; k++)
            ok(strcmp(option_env(mem, o), option_env(mem, &config_options.options[k])) != 0,
               "%s names one option", option_env(mem, o));
    }
    ok(!strcmp(option_env(mem, option_find(&config_options, "sandbox_ca", "http_port")),
               "LATCHKEY_SANDBOX_CA_HTTP_PORT"),
       "name in the environment");
    all_ok();
}

/* The sample with every "# key: value" line in force. */
static const char *in_force(struct arena *mem, const char *sample)
{
    char *out = arena_alloc(mem, strlen(sample) + 1);
    char *to = out;

    for (const char *line = sample; *line;) {
        size_t len = strcspn(line, "\n") + 1, indent = strspn(line, " ");
        const char *text = line + indent;
        size_t key = strspn(text + 2, "abcdefghijklmnopqrstuvwxyz_0123456789");
        bool is_option =
            text[0] == '#' && key > 0 && text[2 + key] == ':' && text[2 + key + 1] == ' ';

        for (size_t i = 0; i < len; i++)
            if (!is_option || i < indent || i > indent + 1)
                *to++ = line[i];
        line += len;
    }
    return out;
}

static void test_sample(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *sample = config_sample(mem), *full = in_force(mem, sample);
    const struct config *cfg = NULL, *plain = NULL;
    struct err err = {0};

    ok(config_load_text(mem, sample, strlen(sample), &cfg, &err), "the sample loads: %s", err.text);
    ok(config_load_text(mem, full, strlen(full), &cfg, &err), "and in force: %s\n", err.text);
    assert_non_null(cfg);
    ok(config_load_text(mem, "", 0, &plain, &err) &&
           strcmp(config_text(mem, cfg), config_text(mem, plain)) == 0,
       "it changes nothing:\n%s", config_text(mem, cfg));
    for (size_t i = 0; i < config_options.count; i++)
        ok(strstr(config_man(mem), config_options.options[i].key) != NULL, "%s is in the manual",
           config_options.options[i].key);
    all_ok();
}

static const char given[] = "ca:\n"
                            "  - id: \"sandbox\"\n"
                            "    name: \"The \\\"box\\\" \\\\ \u00fc\"\n"
                            "    kind: sandbox\n"
                            "    directory: \"https://localhost:8445/directory\"\n"
                            "    tls_ca_file: \"ca/root.pem\"\n"
                            "    roots: [\"ca/root.pem\", \"/abs/root.pem\"]\n"
                            "    contact: []\n"
                            "    is_default: true\n";
static const char store[] = "store:\n"
                            "  url: \"postgresql://u:password@h/db\"\n";
static const char edges[] = "  edges:\n"
                            "    - name: \"one\"\n"
                            "      addresses: [\"127.0.0.1\", \"::1\"]\n"
                            "    - name: \"two\"\n"
                            "      addresses: [\"127.0.0.2\"]\n";

static void test_show(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *in = arena_printf(mem, "%s%srun:\n%s", given, store, edges), *out;
    const struct config *cfg = NULL;
    struct err err = {0};

    ok(config_load_text(mem, in, strlen(in), &cfg, &err), "loads: %s", err.text);
    assert_non_null(cfg);
    out = config_text(mem, cfg);
    for (const char *line = given; *line; line += strcspn(line, "\n") + 1)
        ok(strstr(out, arena_strndup(mem, line, strcspn(line, "\n") + 1)) != NULL,
           "what was given is shown: %.*s", (int)strcspn(line, "\n"), line);
    ok(strstr(out, edges) != NULL, "rows are shown:\n%s", out);
    ok(strstr(out, "  url: \"********\"\n") && !strstr(out, "password"), "secrets are masked");
    ok(strstr(out, "  origin_port: 8090\n") != NULL, "defaults are shown");
    ok(strstr(out, "  socket: \"run/web.sock\"\n") != NULL, "paths are relative");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_show),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
