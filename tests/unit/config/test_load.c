/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "config_file.h"

static const struct {
    const char *text;
    const char *why;
} refused[] = {
    {"nope: 1\n", "l.yaml:1: nope: there is no such section or option"},
    {"web:\n  wrkers: 1\n", "l.yaml:2: web.wrkers: there is no such option"},
    {"web:\n  workers: 1\n  workers: 2\n",
     "l.yaml:3: web.workers: is set twice, first at l.yaml:2"},
    {"web: {}\nlog: {}\nweb: {}\n", "l.yaml:3: web: is set twice, first at l.yaml:1"},
    {"web:\n  workers: 0\n", "l.yaml:2: web.workers: \"0\" is not a number from 1 to 64"},
    {"web:\n  workers: 65\n", "l.yaml:2: web.workers: \"65\" is not a number from 1 to 64"},
    {"web:\n  workers: 1.5\n", "l.yaml:2: web.workers: \"1.5\" is not a number from 1 to 64"},
    {"web:\n  workers:\n", "l.yaml:2: web.workers: \"\" is not a number from 1 to 64"},
    {"web:\n  workers: [1]\n", "l.yaml:2: web.workers: a single value is expected"},
    {"web:\n  - workers\n", "l.yaml:2: web: keys and values are expected"},
    {"web: 5\n", "l.yaml:1: web: keys and values are expected"},
    {"- a\n", "l.yaml:1: the file: keys and values are expected"},
    {"? [a]\n: b\n", "l.yaml:1: a key: a single value is expected"},
    {"mode: Live\n", "l.yaml:1: mode: \"Live\" is not one of sandbox, live"},
    {"log:\n  level: verbose\n",
     "l.yaml:2: log.level: \"verbose\" is not one of debug, info, warn, error"},
    {"sandbox_ca:\n  validate_private: yes\n",
     "l.yaml:2: sandbox_ca.validate_private: \"yes\" is neither true nor false"},
    {"platform:\n  brand: \"\"\n", "l.yaml:2: platform.brand: is required"},
    {"platform:\n  brand: \"a\\nb\"\n",
     "l.yaml:2: platform.brand: holds the control character 0x0a"},
    {"platform:\n  brand: \"a\\0b\"\n",
     "l.yaml:2: platform.brand: holds the control character 0x00"},
    {"platform:\n  brand: !!int 5\n", "l.yaml:2: platform.brand: a tag is not allowed"},
    {"net:\n  own_prefixes: 10.0.0.0/8\n", "l.yaml:2: net.own_prefixes: a list is expected"},
    {"net:\n  own_prefixes:\n    - 10.0.0.0/8\n    - 10.0.0.0/99\n",
     "l.yaml:4: net.own_prefixes[1]: \"10.0.0.0/99\" is not a network such as 10.1.0.0/16"},
    {"net:\n  own_prefixes: [\"\"]\n", "l.yaml:2: net.own_prefixes[0]: is required"},
    {"ca:\n  - id: a\n    name: A\n", "l.yaml:2: ca[0].directory: is required"},
    {"ca:\n  - id: a\n    nam: A\n", "l.yaml:3: ca[0].nam: there is no such option"},
    {"ca: [x]\n", "l.yaml:1: ca[0]: keys and values are expected"},
    {"run:\n  edges:\n    - name: one\n", "l.yaml:2: run.edges[0].addresses: is required"},
    {"a: b: c\n", "l.yaml:1: mapping values are not allowed in this context"},
    {"web:\n\tworkers: 1\n", "l.yaml:2: found character that cannot start any token"},
    {"web: {}\n---\nweb: {}\n", "l.yaml:3: the file: a second document is not read"},
    {"web: *a\n", "l.yaml:1: found undefined alias"},
    {"mode: \xff\n", "l.yaml:1: invalid leading UTF-8 octet"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const struct config *cfg = NULL;
        struct err err = {0};
        bool pass = config_load_text(mem, refused[i].text, strlen(refused[i].text), &cfg, &err);

        ok(!pass && !cfg && err.code == ERR_CONFIG, "row %zu is refused", i);
        ok(strcmp(err.text, refused[i].why) == 0, "row %zu: %s", i, err.text);
    }
    all_ok();
}

/* The brand is a text of at most 1024 octets, ca has at most 64 rows, a file 1 MiB. */
static void test_limits(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        const char *why;
    } rows[] = {
        {1023, ""},
        {1024, ""},
        {1025, "l.yaml:1: platform.brand: has 1025 octets, at most 1024 are allowed"},
        {(1 << 20) - 20, "l.yaml:1: platform.brand: has 1048556 octets, at most 1024 are allowed"},
        {1 << 20, "l.yaml has more than 1048576 octets"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        char *brand = arena_alloc(mem, rows[i].size + 1);
        const struct config *cfg = NULL;
        struct err err = {0};
        const char *text;

        memset(brand, 'a', rows[i].size);
        text = arena_printf(mem, "platform: {brand: %s}", brand);
        (void)!config_load_text(mem, text, strlen(text), &cfg, &err);
        ok(strcmp(err.text, rows[i].why) == 0, "%zu: %s", rows[i].size, err.text);
    }
    all_ok();
}

static void test_defaults(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct config *cfg = NULL;
    struct err err = {0};
    char *cwd = getcwd(NULL, 0);

    ok(config_load(mem, NULL, &cfg, &err), "without a file: %s", err.text);
    assert_non_null(cfg);
    ok(!*cfg->file && !strcmp(cfg->dir, cwd), "the folder is the current one");
    ok(!strcmp(cfg->store.url, arena_printf(mem, "sqlite:%s/latchkey.db", cwd)), "%s",
       cfg->store.url);
    ok(!strcmp(cfg->web.socket, arena_printf(mem, "%s/run/web.sock", cwd)), "%s", cfg->web.socket);
    ok(cfg->web.workers == 8 && cfg->log.level == LOG_INFO && cfg->mode == CONFIG_SANDBOX,
       "values");
    free(cwd);
    ok(config_load_text(mem, "", 0, &cfg, &err), "an empty file: %s", err.text);
    ok(config_load_text(mem, "web:\nca:\n", 9, &cfg, &err), "empty sections: %s", err.text);
    ok(!config_load(mem, "/nonexistent/x.yaml", &cfg, &err) &&
           !strcmp(err.text, "cannot open /nonexistent/x.yaml: No such file or directory"),
       "%s", err.text);
    all_ok();
}

static const char whole[] =
    "mode: sandbox\n"
    "ca:\n"
    "- {id: le, name: \"Let's Encrypt\", directory: 'https://a.example/d'}\n"
    "- id: pebble\n"
    "  name: Pebble\n"
    "  kind: private\n"
    "  directory: https://10.1.2.3:14000/dir\n"
    "  roots: [p/root.pem]\n"
    "  is_default: true\n"
    "net: {own_prefixes: [10.1.0.0/16]}\n"
    "origins: [{id: demo, address: 127.0.0.1:8090}]\n"
    "store: {url: 'sqlite:/x/y.db'}\n"
    "names: {extra_suffixes: [internal], reserved: [platform.net]}\n";

static const char two[] = "ca: [{id: a, name: A, directory: 'https://a', preferred_chain: X1},\n"
                          "     {id: b, name: B, directory: 'https://b'}]\n";

static void test_values(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct config *cfg = NULL;
    struct err err = {0};

    ok(config_load_text(mem, whole, sizeof(whole) - 1, &cfg, &err), "%s", err.text);
    assert_non_null(cfg);
    ok(cfg->ca_count == 2 && config_ca_default(cfg) == &cfg->ca[1], "the default CA");
    ok(config_ca_find(cfg, "le") == &cfg->ca[0] && !config_ca_find(cfg, "x"), "found by id");
    ok(cfg->ca[0].kind == CONFIG_CA_PUBLIC && !*cfg->ca[0].tls_ca_file, "defaults of a row");
    ok(!strcmp(cfg->ca[1].roots.items[0], arena_printf(mem, "%s/p/root.pem", cfg->dir)), "%s",
       cfg->ca[1].roots.items[0]);
    ok(!strcmp(config_origin_find(cfg, "demo")->address, "127.0.0.1:8090"), "the origin");
    ok(!strcmp(cfg->store.url, "sqlite:/x/y.db"), "%s", cfg->store.url);
    ok(cfg->names.reserved.count == 1 && !strcmp(cfg->names.extra_suffixes.items[0], "internal"),
       "lists");
    ok(config_load_text(mem, "ca: [{id: a, name: A, directory: 'https://a'}]\n", 47, &cfg, &err) &&
           cfg->ca[0].is_default,
       "one CA alone is the default: %s", err.text);
    ok(config_load_text(mem, two, sizeof(two) - 1, &cfg, &err) && cfg->ca[0].is_default &&
           !cfg->ca[1].is_default && config_ca_default(cfg) == &cfg->ca[0],
       "of two without a mark the first is: %s", err.text);
    all_ok();
}

static void test_environment(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct config *cfg = NULL;
    struct err err = {0};

    setenv("LATCHKEY_WEB_WORKERS", "7", 1);
    setenv("LATCHKEY_EDGE_LMDB_DIR", "edge/1/lmdb", 1);
    ok(config_load_text(mem, "web: {workers: 3}", 17, &cfg, &err), "%s", err.text);
    assert_non_null(cfg);
    ok(cfg->web.workers == 7, "the environment wins");
    ok(!strcmp(cfg->edge.lmdb_dir, arena_printf(mem, "%s/edge/1/lmdb", cfg->dir)), "%s",
       cfg->edge.lmdb_dir);
    setenv("LATCHKEY_WEB_WORKERS", "none", 1);
    ok(!config_load_text(mem, "", 0, &cfg, &err) &&
           !strcmp(err.text,
                   "LATCHKEY_WEB_WORKERS: web.workers: \"none\" is not a number from 1 to 64"),
       "%s", err.text);
    unsetenv("LATCHKEY_WEB_WORKERS");
    setenv("LATCHKEY_CHECK_RETRY_MIN_MS", "50000000", 1);
    ok(!config_load_text(mem, "", 0, &cfg, &err) &&
           !strcmp(err.text,
                   "LATCHKEY_CHECK_RETRY_MIN_MS: check.retry_min_ms: 50000000 is more than "
                   "check.retry_max_ms, 43200000"),
       "%s", err.text);
    unsetenv("LATCHKEY_CHECK_RETRY_MIN_MS");
    unsetenv("LATCHKEY_EDGE_LMDB_DIR");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),     cmocka_unit_test(test_limits),
        cmocka_unit_test(test_defaults),    cmocka_unit_test(test_values),
        cmocka_unit_test(test_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
