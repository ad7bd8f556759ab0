/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "check.h"
#include "check/rdap.h"
#include "tiny_server.h"

/* How often a registry is asked, over http at this machine: over https it is asked in
 * tests/system/doctor-cases. */

#define JSON "Content-Type: application/rdap+json\r\n"

static const struct prefix loopback[] = {{{.octets = {127}}, 8}};

/* What the server says, in turn; the last for good. */
struct script {
    const char *const *heads; /* "200 OK\r\nRetry-After: 3\r\n" */
    const char *body;         /* NULL: about the domain that was asked for */
};

/* "GET /v1/domain/shop.example HTTP/1.1" */
static bool say(struct tiny_conn *conn, const char *request)
{
    const struct script *script = conn->server->arg;
    const char *name = strstr(request, "/domain/") + strlen("/domain/");
    char head[512], body[512];
    size_t turn = 0, asked = (size_t)atomic_load(&conn->server->requests);

    while (turn + 1 < asked && script->heads[turn + 1])
        turn++;
    if (script->body)
        snprintf(body, sizeof(body), "%s", script->body);
    else
        snprintf(body, sizeof(body), "{\"objectClassName\":\"domain\",\"ldhName\":\"%.*s\"}",
                 (int)strcspn(name, " "), name);
    snprintf(head, sizeof(head),
             "HTTP/1.1 %s" JSON "Content-Length: %zu\r\nConnection: close\r\n\r\n",
             script->heads[turn], strlen(body));
    tiny_text(conn, head);
    tiny_text(conn, body);
    return false;
}

struct place {
    struct tiny_server server;
    struct rdap *rdap;
};

static void open_place(struct arena *mem, struct place *place, struct script *script, bool is_own)
{
    struct rdap_options options = {
        .reach = {.own = loopback, .own_count = is_own ? ARRAY_LEN(loopback) : 0}};
    struct err err = {0};

    *place = (struct place){.server = {.answer = say, .arg = script}};
    assert_true(tiny_start(&place->server, "127.0.0.1", 0));
    options.url = arena_printf(mem, "http://127.0.0.1:%u/v1", place->server.port);
    if (!rdap_new(&options, &place->rdap, &err))
        fail_msg("%s", err.text);
}

static void close_place(struct place *place)
{
    rdap_free(place->rdap);
    tiny_stop(&place->server);
}

/* Each script twice for one domain and once for another: who is known, and how many questions. */
static const struct {
    const char *label, *heads[3], *body, *known;
    int asked;
} rows[] = {
    {"good is remembered", {"200 OK\r\n"}, NULL, "yyy", 2},
    {"absence too", {"404 Not Found\r\n"}, "", "yyy", 2},
    {"nonsense is of one domain", {"200 OK\r\n"}, "{}", "nnn", 2},
    {"so is a page that is not found", {"404 Not Found\r\n"}, "<html>", "nnn", 2},
    {"so is a refusal", {"400 Bad Request\r\n"}, "", "nnn", 2},
    {"who fails is left alone", {"500 Oops\r\n", "200 OK\r\n"}, NULL, "nnn", 1},
    {"so is who asks for it", {"429 Slow\r\nRetry-After: 60\r\n", "200 OK\r\n"}, NULL, "nnn", 1},
    {"without a place to go", {"302 Found\r\n"}, "", "nnn", 2},
    {"nobody goes on to plain http",
     {"302 Found\r\nLocation: http://127.0.0.1/x\r\n"},
     "",
     "nnn",
     2},
};

static void test_questions(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static const char *const domains[] = {"shop.example", "shop.example", "other.example"};
        struct script script = {rows[i].heads, rows[i].body};
        struct place place;

        open_place(mem, &place, &script, true);
        for (size_t k = 0; k < ARRAY_LEN(domains); k++)
            ok(rdap_ask(place.rdap, domains[k]).is_known == (rows[i].known[k] == 'y'), "%s: %zu",
               rows[i].label, k);
        ok(atomic_load(&place.server.requests) == rows[i].asked, "%s: asked %d times",
           rows[i].label, atomic_load(&place.server.requests));
        close_place(&place);
    }
    all_ok();
}

/* After a pause the server is asked again, about domains that it was not asked for. */
static void test_pause_ends(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *const heads[] = {"429 Slow\r\nRetry-After: 1\r\n", "200 OK\r\n", NULL};
    struct script script = {heads, NULL};
    struct place place;

    open_place(mem, &place, &script, true);
    ok(!rdap_ask(place.rdap, "one.example").is_known, "refused");
    ok(!rdap_ask(place.rdap, "two.example").is_known, "too soon");
    usleep(1100 * 1000);
    ok(rdap_ask(place.rdap, "two.example").is_known, "after the pause");
    close_place(&place);
    all_ok();
}

/* Many at once are not asked for all at once. */
static void test_burst(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *const heads[] = {"200 OK\r\n", NULL};
    struct script script = {heads, NULL};
    int64_t began = clock_boot_ms(), most;
    struct place place;

    open_place(mem, &place, &script, true);
    for (size_t i = 0; i < 3 * RDAP_BURST; i++)
        (void)rdap_ask(place.rdap, arena_printf(mem, "n%zu.example", i));
    most = RDAP_BURST + 1 + (clock_boot_ms() - began) * RDAP_EACH_S / 1000;
    ok(atomic_load(&place.server.requests) >= RDAP_BURST &&
           atomic_load(&place.server.requests) <= most,
       "%d of at most %lld", atomic_load(&place.server.requests), (long long)most);
    close_place(&place);
    all_ok();
}

static bool say_late(struct tiny_conn *conn, const char *request)
{
    (void)request;
    tiny_wait(conn, 2 * RDAP_TOTAL_MS);
    return false;
}

/* A check does not wait for longer. */
static void test_slow(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct place place;
    int64_t began = clock_boot_ms(), took;

    open_place(mem, &place, NULL, true);
    place.server.answer = say_late;
    ok(!rdap_ask(place.rdap, "shop.example").is_known, "known");
    took = clock_boot_ms() - began;
    ok(took >= RDAP_TOTAL_MS - 10 && took < RDAP_TOTAL_MS * 3 / 2, "%lld ms", (long long)took);
    ok(!rdap_ask(place.rdap, "other.example").is_known, "known");
    ok(clock_boot_ms() - began - took < RDAP_TOTAL_MS / 2, "it is left alone then");
    close_place(&place);
    all_ok();
}

/* req: R49 */
static void test_reach(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *const heads[] = {"200 OK\r\n", NULL};
    struct script script = {heads, NULL};
    struct place place;

    open_place(mem, &place, &script, false);
    ok(!rdap_ask(place.rdap, "shop.example").is_known, "known");
    ok(atomic_load(&place.server.count) == 0, "connected");
    close_place(&place);
    all_ok();
}

static void test_nobody(void **state)
{
    (void)state;
    struct rdap *rdap = NULL;
    struct err err = {0};

    ok(rdap_new(&(struct rdap_options){.url = ""}, &rdap, &err) && !rdap, "none");
    ok(!rdap_ask(NULL, "shop.example").is_known, "known");
    ok(!rdap_new(&(struct rdap_options){.services = "/nowhere/dns.json"}, &rdap, &err) &&
           err.code == ERR_CONFIG &&
           strcmp(err.text, "check.rdap_services: could not open /nowhere/dns.json: No such file "
                            "or directory") == 0,
       "%s", err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions), cmocka_unit_test(test_pause_ends),
        cmocka_unit_test(test_burst),     cmocka_unit_test(test_slow),
        cmocka_unit_test(test_reach),     cmocka_unit_test(test_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
