/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "check/check.h"
#include "knot.h"
#include "tiny_server.h"

/* Checks against a real name server, with servers that stand in for the edges. */

#define SOA(serial) "@ 3600 SOA ns.nic. host.nic. " serial " 3600 600 86400 60\n@ 3600 NS ns.nic.\n"

static const struct knot_zone zones[] = {
    {".", SOA("1"), false},
    {"right.example", SOA("1") "@ 60 A 127.0.0.1\nwww 60 CNAME @\n", false},
    {"both.example", SOA("1") "@ 60 A 127.0.0.1\n@ 60 AAAA ::1\nwww 60 A 127.0.0.1\n", false},
    {"half.example", SOA("1") "@ 60 A 127.0.0.1\n@ 60 A 203.0.113.9\nwww 60 CNAME @\n", false},
    {"aaaa.example", SOA("1") "@ 60 A 127.0.0.1\n@ 60 AAAA 2001:db8:f::9\nwww 60 CNAME @\n", false},
    {"away.example", SOA("1") "@ 60 A 127.0.0.3\nwww 60 CNAME @\n", false},
    {"down.example", SOA("1") "@ 60 A 127.0.0.2\nwww 60 CNAME @\n", false},
    {"partly.example", SOA("1") "@ 60 A 127.0.0.1\n@ 60 A 127.0.0.2\nwww 60 CNAME @\n", false},
    {"wwwless.example", SOA("1") "@ 60 A 127.0.0.1\n", false},
    {"broken.example", NULL, false},
    {"later.example", SOA("1"), false},
};

static struct knot knot;
static struct tiny_server edge, edge6, stranger;
static _Atomic int mode; /* what the edges do */
enum { RIGHT, NOT_FOUND, REDIRECT, HANG, CUT, OTHER_KEY, SLOW };

static const struct slice key = {(const unsigned char *)"0123456789abcdef0123456789abcdef", 32};

/* The right answer, from the request alone, as an edge makes it. */
static const char *right_answer(struct arena *mem, const char *request)
{
    const char *path = strstr(request, CHECK_PATH), *host = strstr(request, "\r\nHost: ");
    struct slice other = SLICE_LIT("another key of thirty-two octets");

    if (!path || !host)
        return "";
    path += strlen(CHECK_PATH);
    host += 8;
    return check_answer(mem, atomic_load(&mode) == OTHER_KEY ? other : key,
                        arena_strndup(mem, host, strcspn(host, ":\r")),
                        arena_strndup(mem, path, strcspn(path, " ")));
}

static bool answer(struct tiny_conn *conn, const char *request)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *body = right_answer(mem, request);

    switch (atomic_load(&mode)) {
    case HANG:
        tiny_wait(conn, 5000);
        return false;
    case SLOW: /* each redirect comes in time, to a new path */
        tiny_wait(conn, 350);
        tiny_text(conn, arena_printf(mem,
                                     "HTTP/1.1 302 Found\r\nLocation: /%d\r\n"
                                     "Content-Length: 0\r\n\r\n",
                                     atomic_load(&conn->server->requests)));
        return true;
    case CUT:
        return false;
    case NOT_FOUND:
        tiny_text(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        return true;
    case REDIRECT:
        tiny_text(conn, "HTTP/1.1 302 Found\r\nLocation: https://LOGIN.example/x\r\n"
                        "Content-Length: 0\r\n\r\n");
        return true;
    default:
        tiny_text(conn, arena_printf(mem, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                                     strlen(body), body));
        return true;
    }
}

static const struct address ours[] = {
    {.octets = {127, 0, 0, 1}},
    {.octets = {127, 0, 0, 2}},
    {.is_v6 = true, .octets = {[15] = 1}},
};

static struct resolver *resolver;

static bool check(struct arena *mem, const char *name, bool has_v6, struct check_report *report)
{
    const char *names[] = {name, arena_printf(mem, "www.%s", name)};
    const struct check_expected expected = {
        .ipv4 = ours, .ipv4_count = 2, .ipv6 = &ours[2], .ipv6_count = has_v6};
    const struct prefix own = {ours[2], 128};
    const struct check_env env = {.resolver = resolver,
                                  .check_key = key,
                                  .reach = {.own = &own, .own_count = 1, .is_offline = true},
                                  .brand = "mono",
                                  .http_port = edge.port,
                                  .http_ms = 400,
                                  .http_all_ms = 1000};
    struct err err = {0};

    return ok(check_run(mem, &env,
                        &(struct check_names){.names = names, .count = 2, .registered = name},
                        &expected, report, &err),
              "%s: %s", name, err.text);
}

static const struct {
    const char *name;
    int mode;
    bool has_v6;
    enum check_outcome outcome;
    const char *verdicts, *title, *code; /* code: of the first finding, "" = none */
} rows[] = {
    {"right.example", RIGHT, false, CHECK_READY, "ok ok", "", ""},
    {"both.example", RIGHT, true, CHECK_READY, "ok ok", "", "aaaa_missing"},
    {"both.example", RIGHT, false, CHECK_PARTLY, "partial ok", "www.both.example has issues",
     "foreign_aaaa"},
    {"half.example", RIGHT, false, CHECK_NOT_READY, "partial partial",
     "www.half.example has issues", "extra_address"},
    {"aaaa.example", RIGHT, false, CHECK_NOT_READY, "partial partial",
     "www.aaaa.example has issues", "foreign_aaaa"},
    {"away.example", RIGHT, false, CHECK_NOT_READY, "wrong_target wrong_target",
     "www.away.example has issues", "private_address"},
    {"wwwless.example", RIGHT, false, CHECK_PARTLY, "ok missing",
     "www.wwwless.example did not respond to mono check", "www_missing"},
    {"nothing.example", RIGHT, false, CHECK_NOT_READY, "missing missing",
     "www.nothing.example has issues", "name_not_found"},
    {"broken.example", RIGHT, false, CHECK_UNKNOWN, "unknown unknown",
     "broken.example could not be checked", "dns_servfail"},
    {"down.example", RIGHT, false, CHECK_NOT_READY, "unreachable unreachable",
     "down.example did not respond to mono check", "http_refused"},
    {"partly.example", RIGHT, false, CHECK_READY, "ok ok", "partly.example is answered in part",
     "http_partly"},
    {"right.example", NOT_FOUND, false, CHECK_NOT_READY, "unreachable unreachable",
     "right.example did not respond to mono check", "http_wrong_server"},
    {"right.example", OTHER_KEY, false, CHECK_NOT_READY, "unreachable unreachable",
     "right.example did not respond to mono check", "http_wrong_server"},
    {"right.example", REDIRECT, false, CHECK_NOT_READY, "unreachable unreachable",
     "right.example did not respond to mono check", "http_redirected"},
    {"right.example", HANG, false, CHECK_NOT_READY, "unreachable unreachable",
     "right.example did not respond to mono check", "http_timeout"},
    {"right.example", SLOW, false, CHECK_NOT_READY, "unreachable unreachable",
     "right.example did not respond to mono check", "http_timeout"},
    {"right.example", CUT, false, CHECK_NOT_READY, "unreachable unreachable",
     "right.example did not respond to mono check", "http_cut"},
};

/* req: R32, R35, R37, A3, A4 */
static void test_rows(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct check_report report;
        const char *verdicts, *code;

        atomic_store(&mode, rows[i].mode);
        if (!check(mem, rows[i].name, rows[i].has_v6, &report))
            continue;
        verdicts = arena_printf(mem, "%s %s", dns_verdict_name(report.names[0].verdict),
                                dns_verdict_name(report.names[1].verdict));
        code = report.finding_count ? finding_code_name(report.findings[0].code) : "";
        ok(report.outcome == rows[i].outcome && strcmp(verdicts, rows[i].verdicts) == 0 &&
               strcmp(report.title, rows[i].title) == 0 && strcmp(code, rows[i].code) == 0,
           "%s (%d): %s; %s; %s; %s", rows[i].name, rows[i].mode,
           check_outcome_name(report.outcome), verdicts, report.title, code);
        ok(report.took_ms < 3000, "%s took %lld ms", rows[i].name, (long long)report.took_ms);
    }
    atomic_store(&mode, RIGHT);
    ok(atomic_load(&stranger.count) == 0, "an address that is not ours was connected to");
    all_ok();
}

static void test_redirect_named(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct check_report report;

    atomic_store(&mode, REDIRECT);
    if (check(mem, "right.example", false, &report))
        ok(strstr(report.findings[0].detail, "redirected to login.example"), "%s",
           report.findings[0].detail);
    atomic_store(&mode, RIGHT);
    all_ok();
}

/* req: A2. Nothing is there; the records that are asked for appear; ready. */
static void test_later(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct check_report report;

    check(mem, "later.example", false, &report);
    ok(report.outcome == CHECK_NOT_READY && report.record_count == 3 &&
           strcmp(report.records[0].fqdn, "later.example") == 0 &&
           strcmp(report.records[0].value, "127.0.0.1") == 0 &&
           strcmp(report.records[2].name, "www") == 0 &&
           strcmp(report.records[2].value, "later.example") == 0,
       "%zu records to set", report.record_count);
    knot_write(&knot, "later.example.zone", SOA("2") "@ 60 A 127.0.0.1\nwww 60 CNAME @\n");
    knot_reload(&knot);
    for (int i = 0; i < 50 && report.outcome != CHECK_READY; i++) {
        usleep(20000);
        check(mem, "later.example", false, &report);
    }
    ok(report.outcome == CHECK_READY && report.finding_count == 0, "ready: %s", report.title);
    all_ok();
}

/* Without a check key HTTP is left alone; too many names are refused. */
static void test_limits(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *names[CHECK_NAMES_MAX + 1];
    const struct check_expected expected = {.ipv4 = ours, .ipv4_count = 2};
    const struct check_env env = {.resolver = resolver, .brand = "mono", .http_port = edge.port};
    struct check_report report;
    struct err err = {0};
    int before = atomic_load(&edge.count);

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        names[i] = arena_printf(mem, "n%zu.right.example", i);
    names[0] = "right.example";
    for (size_t count = CHECK_NAMES_MAX - 1; count <= CHECK_NAMES_MAX; count++)
        ok(check_run(
               mem, &env,
               &(struct check_names){.names = names, .count = count, .registered = "right.example"},
               &expected, &report, &err) &&
               report.name_count == count && report.names[0].verdict == DNS_OK,
           "%zu names: %s", count, err.text);
    ok(!check_run(mem, &env,
                  &(struct check_names){
                      .names = names, .count = CHECK_NAMES_MAX + 1, .registered = "right.example"},
                  &expected, &report, &err) &&
           strcmp(err.text, "101 names cannot be checked together: 1 to 100 can") == 0,
       "%s", err.text);
    ok(atomic_load(&edge.count) == before, "no HTTP without a key");
    all_ok();
}

static void test_answer(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    /* printf 'shop.example/abc' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef */
    ok(strcmp(check_answer(mem, key, "shop.example", "abc"),
              "9c818edbf02dd8693fbfe033caadd38daf842a48558b38a2988bf61928599c39") == 0,
       "%s", check_answer(mem, key, "shop.example", "abc"));
    all_ok();
}

static int start(void **state)
{
    struct err err = {0};
    bool is_up;

    (void)state;
    edge.answer = edge6.answer = stranger.answer = answer;
    is_up = tiny_start(&edge, "127.0.0.1", 0) && tiny_start(&edge6, "::1", edge.port) &&
            tiny_start(&stranger, "127.0.0.3", edge.port) &&
            knot_start(&knot, zones, ARRAY_LEN(zones)) &&
            resolver_new(&(struct resolver_options){.forwarder = knot.forwarder}, &resolver, &err);
    if (!is_up)
        print_error("%s\n", err.text);
    return is_up ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    resolver_freep(&resolver);
    tiny_stop(&edge);
    tiny_stop(&edge6);
    tiny_stop(&stranger);
    knot_stop(&knot);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_redirect_named),
        cmocka_unit_test(test_later),  cmocka_unit_test(test_limits),
        cmocka_unit_test(test_answer),
    };

    if (!knot_is_there())
        return KNOT_SKIP;
    return cmocka_run_group_tests(tests, start, stop);
}
