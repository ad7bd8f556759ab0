/* SPDX-License-Identifier: Apache-2.0 */

/* What a glance takes for a change, against a Knot. */
#include <string.h>

#include "job/glance.h"
#include "job/glance_said.h"
#include "job/name_servers.h"
#include "knot.h"

#define SOA  "@ 60 SOA ns. host. 1 3600 600 86400 60\n@ 60 NS ns.\n"
#define MANY 40 /* more than are asked together */

static const struct knot_zone zones[] = {
    {".", "@ 60 SOA ns. host. 1 3600 600 86400 60\n@ 60 NS ns.\n", false},
    {"one.example", SOA "@ 60 A 192.0.2.1\n@ 60 A 192.0.2.2\n", false},
    {"turned.example", SOA "@ 9 A 192.0.2.2\n@ 9 A 192.0.2.1\n", false},
    {"address.example", SOA "@ 60 A 192.0.2.1\n@ 60 A 192.0.2.3\n", false},
    {"less.example", SOA "@ 60 A 192.0.2.1\n", false},
    {"six.example", SOA "@ 60 A 192.0.2.1\n@ 60 A 192.0.2.2\n@ 60 AAAA 2001:db8::1\n", false},
    {"caa.example", SOA "@ 60 A 192.0.2.1\n@ 60 A 192.0.2.2\n@ 60 CAA 0 issue \"a.example\"\n",
     false},
    {"delegated.example",
     SOA "@ 60 A 192.0.2.1\n@ 60 A 192.0.2.2\n_acme-challenge 60 CNAME there.one.example.\n",
     false},
    {"broken.example", NULL, false},
};

static struct knot knot;
static struct worker worker;

static int begin(void **state)
{
    const struct resolver_options options = {.forwarder = knot.forwarder, .is_offline = true};
    struct err err = {0};
    (void)state;

    assert_true(resolver_new(&options, &worker.resolver, &err));
    worker.name_servers = name_servers_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    resolver_free(worker.resolver);
    name_servers_free(worker.name_servers);
    return 0;
}

static struct glance glance_of(const char *const *name, const char *servers)
{
    return (struct glance){.names = name,
                           .count = 1,
                           .registered = *name,
                           .servers = servers,
                           .facts = "",
                           .is_close = true};
}

static void run(struct arena *mem, struct glance *items, size_t count)
{
    struct err err = {0};

    ok(glance_run(&worker, mem, items, count, &err), "%s", err.text);
}

/* What was seen of one.example, of each of these. */
static void test_changes(void **state)
{
    static const struct {
        const char *name;
        bool is_changed;
    } rows[] = {{"one.example", false},      {"turned.example", false}, {"address.example", true},
                {"less.example", true},      {"six.example", true},     {"caa.example", true},
                {"delegated.example", true}, {"nothing.example", true}, {"broken.example", false}};
    static const char *const one = "one.example";
    struct arena *mem = arena_new();
    struct glance first = glance_of(&one, "{\"resolver\":\"\"}");
    (void)state;

    run(mem, &first, 1);
    ok(first.is_new && !first.is_changed &&
           strlen(first.seen) == strlen("{\"resolver\":\"0123456789abcdef\"}"),
       "what was never asked is new: %s", first.seen);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct glance again = glance_of(&rows[i].name, first.seen);

        run(mem, &again, 1);
        ok(again.is_changed == rows[i].is_changed && !again.is_new, "%s: %s", rows[i].name,
           again.seen);
        ok((strcmp(again.seen, first.seen) == 0) == !rows[i].is_changed, "%s: %s is kept",
           rows[i].name, again.seen);
    }
    arena_free(mem);
    all_ok();
}

/* What is said for the first time is told from what a server comes back to. */
static void test_facts(void **state)
{
    static const struct {
        const char *name;
        bool is_novel;
    } turns[] = {{"address.example", true}, {"one.example", true}, {"address.example", false},
                 {"one.example", false},    {"six.example", true}, {"less.example", false}};
    static const char *const one = "one.example";
    struct arena *mem = arena_new();
    struct glance last = glance_of(&one, "{\"resolver\":\"\"}");
    (void)state;

    run(mem, &last, 1);
    ok(*last.facts_after == '\0', "what is there from the beginning is not kept");
    for (size_t i = 0; i < ARRAY_LEN(turns); i++) {
        struct glance again = glance_of(&turns[i].name, last.seen);

        again.facts = last.facts_after;
        run(mem, &again, 1);
        ok(again.is_changed && again.is_novel == turns[i].is_novel, "turn %zu: %s", i,
           again.facts_after);
        ok(strcmp(again.seen_first, again.servers) == 0, "turn %zu: kept for a change", i);
        last = again;
    }
    last.facts = arena_alloc(mem, 8 * GLANCE_FACTS_MAX + 1);
    memset((char *)(uintptr_t)last.facts, 'f', 8 * GLANCE_FACTS_MAX);
    last.servers = "{\"resolver\":\"0123456789abcdef\"}";
    run(mem, &last, 1);
    ok(last.is_changed && strlen(last.facts_after) == 8 * GLANCE_FACTS_MAX &&
           strspn(last.facts_after, "f") == 0,
       "the oldest are forgotten: %zu", strlen(last.facts_after));
    arena_free(mem);
    all_ok();
}

/* Nothing listens at port 53 here: that it does not answer is no change. */
static void test_silent(void **state)
{
    static const char *const one = "one.example";
    struct arena *mem = arena_new();
    struct glance silent = glance_of(&one, "{\"127.0.0.9\":\"0123456789abcdef\"}");
    (void)state;

    run(mem, &silent, 1);
    ok(!silent.is_changed && !silent.is_new && !silent.is_put_off &&
           strcmp(silent.seen, silent.servers) == 0,
       "%s is kept", silent.seen);
    arena_free(mem);
    all_ok();
}

/* One server is asked about so many domains in a call; the rest comes later. */
static void test_put_off(void **state)
{
    static const char *const one = "one.example";
    struct glance items[GLANCE_SERVER_MAX + 2];
    struct arena *mem = arena_new();
    size_t put_off = 0;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        items[i] = glance_of(&one, "{\"127.0.0.9\":\"\"}");
    items[GLANCE_SERVER_MAX + 1].servers = "{\"127.0.0.8\":\"\"}";
    run(mem, items, ARRAY_LEN(items));
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        put_off += items[i].is_put_off;
    ok(put_off == 1 && items[GLANCE_SERVER_MAX].is_put_off, "%zu are put off", put_off);
    arena_free(mem);
    all_ok();
}

static void test_many(void **state)
{
    static const char *const names[] = {"one.example",  "turned.example", "address.example",
                                        "less.example", "six.example",    "caa.example"};
    struct glance items[MANY];
    struct arena *mem = arena_new();
    (void)state;

    for (size_t i = 0; i < MANY; i++)
        items[i] =
            (struct glance){.names = names,
                            .count = GLANCE_NAMES_MAX,
                            .registered = "example",
                            .facts = "",
                            .servers = i % 2 ? "{\"resolver\":\"\"}" : "{\"127.0.0.9\":\"\"}"};
    run(mem, items, MANY);
    for (size_t i = 0; i < MANY; i++)
        ok(items[i].is_new == (i % 2 == 1), "%zu: %s", i, items[i].seen);
    for (size_t i = 3; i < MANY; i += 2)
        ok(strcmp(items[i].seen, items[1].seen) == 0, "%zu: each has its own answers", i);
    arena_free(mem);
    all_ok();
}

static void test_servers(void **state)
{
    static const char known[] = "{\"192.0.2.53\":\"0123456789abcdef\",\"2001:db8::53\":\"\"}";
    struct check_report report = {.server_count = 2};
    struct arena *mem = arena_new();
    struct err err = {0};
    const char *got;
    (void)state;

    ok(address_parse("2001:db8::53", &report.servers[0], &err) &&
           address_parse("192.0.2.53", &report.servers[1], &err),
       "%s", err.text);
    ok(glance_servers(mem, &report, known) == known, "the same ones, in any order");
    got = glance_servers(mem, &report, "");
    ok(strcmp(got, "{\"192.0.2.53\":\"\",\"2001:db8::53\":\"\"}") == 0, "the first: %s", got);
    report.server_count = 1;
    got = glance_servers(mem, &report, known);
    ok(strcmp(got, "{\"2001:db8::53\":\"\"}") == 0, "one is gone: %s", got);
    report.server_count = 0;
    got = glance_servers(mem, &report, known);
    ok(strcmp(got, "{\"resolver\":\"\"}") == 0, "none can be asked: %s", got);
    report.parent = (struct check_others){"one.example", {report.servers[0]}, 1};
    report.far = (struct check_others){"cdn.example", {report.servers[1], report.servers[0]}, 2};
    got = glance_servers(mem, &report, "");
    ok(strcmp(got, "{\"far cdn.example 192.0.2.53 2001:db8::53\":\"\",\"parent one.example "
                   "2001:db8::53\":\"\",\"resolver\":\"\"}") == 0,
       "other zones: %s", got);
    arena_free(mem);
    all_ok();
}

/* What does not fit is not taken for something that does. */
static void test_too_much(void **state)
{
    enum { AROUND = 14 + 5 }; /* "@ A 0 records", and "@ A " before the text */
    static const struct visit_key key = {.kind = VISIT_ZONE, .text = "192.0.2.53"};
    static const char *const one = "one.example";
    struct arena *mem = arena_new();
    char *text = arena_alloc(mem, SAID_MAX + 1);
    const struct dns_record record = {.text = text};
    const struct dns_told told = {.answer = {.records = &record, .record_count = 1}};
    (void)state;

    memset(text, 'x', SAID_MAX - AROUND);
    for (int i = 0; i < 2; i++) {
        struct glance glance = glance_of(&one, "{\"192.0.2.53\":\"\"}");
        const struct visit visit = {
            .glance = &glance, .key = &key, .queries = {{one, DNS_TYPE_A}}, .count = 1};

        glance.seen = glance.seen_first = glance.servers;
        glance.facts_after = glance.facts;
        glance_take(mem, &visit, &told);
        ok(glance.is_new == (i == 0), "with %zu octets: %s", strlen(text), glance.seen);
        text[strlen(text)] = 'x';
    }
    arena_free(mem);
    all_ok();
}

static void test_keys(void **state)
{
    static const struct {
        const char *text;
        int kind; /* -1: it is refused */
        size_t addresses;
    } rows[] = {
        {"192.0.2.1", VISIT_ZONE, 1},
        {"resolver", VISIT_RESOLVER, 0},
        {"parent a.example 192.0.2.1", VISIT_PARENT, 1},
        {"far a.example 192.0.2.1 2001:db8::1", VISIT_FAR, 2},
        {"far a.example 192.0.2.1 192.0.2.2 192.0.2.3", -1, 0},
        {"parent a.example", -1, 0},
        {"parent", -1, 0},
        {"resolver 192.0.2.1", -1, 0},
        {"", -1, 0},
    };
    struct arena *mem = arena_new();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct visit_key key = {.kind = VISIT_KIND_COUNT};
        struct err err = {0};
        bool is_read = visit_key_read(mem, rows[i].text, &key, &err);

        ok(is_read ? (int)key.kind == rows[i].kind && key.address_count == rows[i].addresses
                   : rows[i].kind == -1 && err.code == ERR_STORE,
           "\"%s\"", rows[i].text);
    }
    arena_free(mem);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes), cmocka_unit_test(test_silent),
        cmocka_unit_test(test_put_off), cmocka_unit_test(test_many),
        cmocka_unit_test(test_servers), cmocka_unit_test(test_facts),
        cmocka_unit_test(test_keys),    cmocka_unit_test(test_too_much),
    };
    int failed;

    if (!knot_is_there())
        return KNOT_SKIP;
    if (!knot_start(&knot, zones, ARRAY_LEN(zones)))
        return 1;
    failed = cmocka_run_group_tests(tests, begin, end);
    knot_stop(&knot);
    return failed;
}
