/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "super/generate.h"
#include "super/own_zones.h"
#include "super/render.h"
#include "super/run_config.h"

/* A layout as layout_make() gives it, in a folder of the test, programs apart. */
static struct layout layout_of(struct arena *mem, const char *dir)
{
    struct layout layout = {
        .dir = dir,
        .run = arena_printf(mem, "%s/run", dir),
        .log = arena_printf(mem, "%s/log", dir),
        .keys = arena_printf(mem, "%s/keys", dir),
        .ca = arena_printf(mem, "%s/ca", dir),
        .dns = arena_printf(mem, "%s/dns", dir),
        .zones = arena_printf(mem, "%s/dns/zones", dir),
        .edge = arena_printf(mem, "%s/edge", dir),
        .config_file = arena_printf(mem, "%s/latchkey.yaml", dir),
        .latchkey = "/bin/latchkey",
        .nginx = "/bin/nginx",
        .knotd = "/bin/knotd",
        .module = "/lib/module.so",
        .user = "",
        .has_ipv6 = true,
    };

    mkdir(layout.run, 0700);
    mkdir(layout.dns, 0700);
    mkdir(layout.zones, 0700);
    mkdir(layout.edge, 0700);
    return layout;
}

static const char *text_in(struct arena *mem, const char *dir, const char *name)
{
    const char *text = NULL;
    struct err err = {0};

    ok(file_read(mem, arena_printf(mem, "%s/%s", dir, name), 1 << 20, &text, &err), "%s", err.text);
    return text ? text : "";
}

static void has(struct arena *mem, const char *dir, const char *name, const char *line)
{
    ok(strstr(text_in(mem, dir, name), line) != NULL, "%s holds \"%s\"", name, line);
}

static void remove_all(struct arena *mem, const char *dir)
{
    static const char *const names[] = {
        "dns/zones/demo.example.zone",
        "dns/zones/example.zone",
        "dns/zones/b.example.zone",
        "dns/zones/Bad Name.zone",
        "dns/zones",
        "dns/root.zone",
        "dns/own/proof.example.zone",
        "dns/own",
        "dns/proof.key",
        "dns/knot.conf",
        "dns/db",
        "dns",
        "edge/edge-1/nginx.conf",
        "edge/edge-1",
        "edge/edge-2/nginx.conf",
        "edge/edge-2",
        "edge",
        "run/front.conf",
        "run/origin.conf",
        "run/refused/bad_request",
        "run/refused/method_not_allowed",
        "run/refused/too_large",
        "run/refused/uri_too_long",
        "run/refused/headers_too_large",
        "run/refused/busy",
        "run/refused",
        "run/front.tmp",
        "run/origin.tmp",
        "run/edge-1.tmp",
        "run/edge-2.tmp",
        "run",
        "latchkey.yaml",
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        (void)!remove(arena_printf(mem, "%s/%s", dir, names[i]));
    ok(rmdir(dir) == 0, "nothing else was written");
}

static void test_config(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct folder folder = folder_new();
    struct layout layout = layout_of(mem, folder.path);
    struct err err = {0};

    ok(run_config(mem, &layout, 0, &err), "the file that is written loads: %s", err.text);
    assert_non_null(layout.cfg);
    ok(layout.cfg->run.edge_count == 2 && layout.cfg->edge.ipv6.count == 1, "with two edges");
    ok(config_ca_default(layout.cfg) && layout.cfg->ca[0].kind == CONFIG_CA_SANDBOX, "and its CA");
    ok(layout.cfg->edge.http_port == 8080 && layout.cfg->run.origin_port == 8090, "usual ports");
    ok(run_config(mem, &layout, 0, &err), "again: %s", err.text);
    ok(!run_config(mem, &layout, 20000, &err) &&
           !strcmp(err.text, arena_printf(mem,
                                          "%s has other ports than --port-base 20000: change "
                                          "it there, or name another --dir",
                                          layout.config_file)),
       "%s", err.text);
    unlink(layout.config_file);
    layout.has_ipv6 = false;
    ok(run_config(mem, &layout, 20000, &err) && layout.cfg->edge.https_port == 20001 &&
           layout.cfg->run.origin_port == 20005 && layout.cfg->edge.ipv6.count == 0,
       "other ports, without IPv6: %s", err.text);
    ok(file_write(mem, layout.config_file, "mode: live\n", 0600, &err) &&
           !run_config(mem, &layout, 0, &err) &&
           strstr(err.text, "only a sandbox is run like this"),
       "live mode is refused: %s", err.text);
    remove_all(mem, folder.path);
    all_ok();
}

static void test_nginx(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct folder folder = folder_new();
    const char *dir = folder.path;
    struct layout layout = layout_of(mem, dir);
    struct err err = {0};

    assert_true(run_config(mem, &layout, 0, &err));
    layout.user = "user root root;";
    ok(generate_nginx(mem, &layout, &err), "%s", err.text);
    has(mem, dir, "run/front.conf", "listen 127.0.0.1:8444 ssl http2;\n");
    has(mem, dir, "run/front.conf", "listen [::1]:8445 ssl http2;\n");
    has(mem, dir, "run/front.conf",
        arena_printf(mem, "ssl_certificate \"%s/ca/service.pem\";", dir));
    has(mem, dir, "run/front.conf", "\nuser root root;\n");
    has(mem, dir, "run/refused/too_large", "<h1>That is too much at once</h1>");
    has(mem, dir, "run/origin.conf", "listen 127.0.0.1:8090;\n");
    has(mem, dir, "edge/edge-1/nginx.conf", "load_module \"/lib/module.so\";\n");
    has(mem, dir, "edge/edge-1/nginx.conf", "listen 127.0.0.1:8080;\n        listen [::1]:8080;\n");
    has(mem, dir, "edge/edge-2/nginx.conf", "listen 127.0.0.2:8443 ssl http2;\n");
    has(mem, dir, "edge/edge-2/nginx.conf", "latchkey_https_port 8443;\n");
    ok(!strstr(text_in(mem, dir, "run/front.conf"), "{{"), "no name is left");
    remove_all(mem, dir);
    all_ok();
}

static void test_zones(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct folder folder = folder_new();
    const char *dir = folder.path;
    struct layout layout = layout_of(mem, dir);
    struct err err = {0};
    const struct name_set demo = {.names = {"demo.example", "www.demo.example"}, .count = 2};
    const char *path = arena_printf(mem, "%s/demo.example.zone", layout.zones);

    assert_true(run_config(mem, &layout, 0, &err));
    ok(generate_zone(mem, &layout, &demo, &err), "%s", err.text);
    has(mem, dir, "dns/zones/demo.example.zone", "\nwww.demo.example. 1 IN A 127.0.0.2\n");
    has(mem, dir, "dns/zones/demo.example.zone", "\ndemo.example. 1 IN AAAA ::1\n");
    assert_true(file_write(mem, path, "mine", 0600, &err));
    assert_true(
        file_write(mem, arena_printf(mem, "%s/b.example.zone", layout.zones), "", 0600, &err));
    assert_true(
        file_write(mem, arena_printf(mem, "%s/Bad Name.zone", layout.zones), "", 0600, &err));
    ok(generate_zone(mem, &layout, &demo, &err) &&
           !strcmp(text_in(mem, dir, "dns/zones/demo.example.zone"), "mine"),
       "a zone that is there stays as it is");
    ok(own_zones_make(mem, &layout, &err) && generate_knot(mem, &layout, NULL, &err), "%s",
       err.text);
    has(mem, dir, "dns/knot.conf",
        arena_printf(mem,
                     "zone:\n  - domain: \".\"\n    file: "
                     "\"%s/dns/root.zone\"\n  - domain: \"b.example\"\n"
                     "  - domain: \"demo.example\"\n  - domain: \"proof.example\"\n"
                     "    storage: \"%s/dns/own\"\n    acl: \"proof.example\"\n",
                     dir, dir));
    has(mem, dir, "dns/knot.conf", "    listen: 127.0.0.1@8053\n");
    ok(!strstr(text_in(mem, dir, "dns/knot.conf"), "acl: update"), "nobody may update the others");
    remove_all(mem, dir);
    all_ok();
}

/* What `latchkey ca` needs of it. */
static void test_ca(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct folder folder = folder_new();
    const char *dir = folder.path;
    struct layout layout = layout_of(mem, dir);
    struct err err = {0};
    struct stat st;

    assert_true(run_config(mem, &layout, 0, &err));
    ok(generate_suffix_zone(mem, &layout, "example", &err), "%s", err.text);
    has(mem, dir, "dns/zones/example.zone", "\n*.example. 1 IN A 127.0.0.1\n");
    ok(own_zones_make(mem, &layout, &err) && generate_knot(mem, &layout, "c2VjcmV0", &err), "%s",
       err.text);
    has(mem, dir, "dns/knot.conf",
        "  - id: latchkey\n    algorithm: hmac-sha256\n    secret: c2VjcmV0\n");
    has(mem, dir, "dns/knot.conf", "  - domain: \"example\"\n    acl: update\n");
    ok(stat(arena_printf(mem, "%s/dns/knot.conf", dir), &st) == 0 && (st.st_mode & 0777) == 0600,
       "the key is the owner's");
    ok(generate_ca_front(mem, &layout, &err), "%s", err.text);
    has(mem, dir, "run/front.conf", "listen 127.0.0.1:8445 ssl http2;");
    ok(!strstr(text_in(mem, dir, "run/front.conf"), "web.sock"), "the CA alone");
    remove_all(mem, dir);
    all_ok();
}

static void test_folders(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct layout layout;
    struct err err = {0};

    ok(!layout_make(mem, "/nonexistent/var", LAYOUT_RUN, &layout, &err) && err.code == ERR_CONFIG,
       "%s", err.text);
    ok(!strcmp(layout_endpoint(mem, "::1", 80), "[::1]:80") &&
           !strcmp(layout_endpoint(mem, "127.0.0.1", 80), "127.0.0.1:80"),
       "endpoints");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config), cmocka_unit_test(test_nginx),   cmocka_unit_test(test_zones),
        cmocka_unit_test(test_ca),     cmocka_unit_test(test_folders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
