/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/redirect.h"
#include "check.h"

#define FROM "http://a.test/.well-known/acme-challenge/token"

static struct ca_validator validator_of(const struct prefix *reachable)
{
    return (struct ca_validator){
        .http_port = 80, .https_port = 443, .reachable = reachable, .reachable_count = 1};
}

static struct prefix loopback(void)
{
    struct prefix prefix;
    struct err err;

    assert_true(prefix_parse("127.0.0.0/8", &prefix, &err));
    return prefix;
}

/* What is read; more of it, with real servers, is in tests/system/test_ca_validator.py. */
static void test_places(void **state)
{
    static const struct {
        const char *location, *url; /* NULL: it cannot be read */
        const char *host, *path;
        int64_t port;
    } rows[] = {
        {"http://b.test/x", "http://b.test/x", "b.test", "/x", 0},
        {"http://b.test", "http://b.test/", "b.test", "/", 0},
        {"HTTPS://B.Test/X", "https://b.test/X", "b.test", "/X", 0},
        {"http://b.test:8080/x", "http://b.test:8080/x", "b.test", "/x", 8080},
        {"/x?y#z", "http://a.test/x?y#z", "a.test", "/x", 0},
        {"x", "http://a.test/.well-known/acme-challenge/x", "a.test",
         "/.well-known/acme-challenge/x", 0},
        {"../x", "http://a.test/.well-known/x", "a.test", "/.well-known/x", 0},
        {"//b.test/x", "http://b.test/x", "b.test", "/x", 0},
        {"?y", FROM "?y", "a.test", "/.well-known/acme-challenge/token", 0},
        {"/a%20b%2fc", "http://a.test/a%20b%2fc", "a.test", "/a b/c", 0},
        {"http://[::1]/x", "http://[::1]/x", "::1", "/x", 0},
        {"http:///x", "http:///x", "", NULL, 0},
        {"///x", "///x", "", NULL, 0},
        {"http://:80/x", "http://:80/x", "", NULL, 0},
        {"http:/x", "http:/x", "", NULL, 0},
        {"http:x", "http:x", "", NULL, 0},
        {"mailto:a@b.test", "mailto:a@b.test", "", NULL, 0},
        {"//", "//", "", NULL, 0},
        {"http://[::1", NULL, NULL, NULL, 0},
        {"http://b.test:99999/", NULL, NULL, NULL, 0},
        {"http://b.test:x/", NULL, NULL, NULL, 0},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ca_place place = {.url = NULL};
        bool is_read = ca_redirect_read(mem, FROM, rows[i].location, &place);

        if (!ok(is_read == (rows[i].url != NULL), "%s: read %d", rows[i].location, is_read) ||
            !is_read)
            continue;
        ok(strcmp(place.url, rows[i].url) == 0, "%s: url %s", rows[i].location, place.url);
        ok(strcmp(place.host, rows[i].host) == 0, "%s: host %s", rows[i].location, place.host);
        ok(!rows[i].path || strcmp(place.path, rows[i].path) == 0, "%s: path %s", rows[i].location,
           place.path);
        ok(place.port == rows[i].port, "%s: port %lld", rows[i].location, (long long)place.port);
    }
    all_ok();
}

/* The path is measured as it is decoded, without the query. */
static void test_path_limit(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct prefix reachable = loopback();
    const struct ca_validator validator = validator_of(&reachable);

    (void)state;
    for (int extra = -1; extra <= 1; extra++) {
        char path[CA_REDIRECT_PATH_MAX + 2];
        struct ca_place place;
        const char *refusal;

        memset(path, 'x', sizeof(path));
        path[0] = '/';
        path[CA_REDIRECT_PATH_MAX + extra] = '\0';
        assert_true(ca_redirect_read(
            mem, FROM,
            arena_printf(mem, "%.*s%%41?%s", CA_REDIRECT_PATH_MAX + extra - 1, path, path),
            &place));
        assert_int_equal(strlen(place.path), CA_REDIRECT_PATH_MAX + extra);
        refusal = ca_redirect_refusal(mem, &validator, &place);
        ok((refusal != NULL) == (extra > 0), "%d: %s", extra, refusal ? refusal : "followed");
        ok(!refusal || strcmp(refusal, "Redirect target too long") == 0, "%s", refusal);
    }
    all_ok();
}

/* Whatever a server says: what is followed leads to a host, by http or https, to one of two ports.
 */
static void test_any_location(void **state)
{
    static const char *const pieces[] = {
        "http", "https", "ftp",       ":",  "//", "/",        "b.test",      "[",   "]",
        "::1",  ".",     "127.0.0.1", "@",  "?",  "#",        "80",          "443", "%",
        "%2f",  " ",     "\xff",      "\\", "..", "10.0.0.1", "fe80::1%25lo"};
    const struct prefix reachable = loopback();
    const struct ca_validator validator = validator_of(&reachable);
    uint32_t seed = 7;
    int followed = 0;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *location = "";
        struct ca_place place;
        uint16_t port;

        for (int i = 0; i < 6; i++) {
            seed = seed * 1664525 + 1013904223;
            location =
                arena_printf(mem, "%s%s", location, pieces[(seed >> 16) % ARRAY_LEN(pieces)]);
        }
        if (!ca_redirect_read(mem, FROM, location, &place) ||
            ca_redirect_refusal(mem, &validator, &place))
            continue;
        followed++;
        port = ca_redirect_port(&validator, &place);
        ok(port == 80 || port == 443, "%s: port %u", location, port);
        ok(strncmp(place.url, "http", 4) == 0, "%s: %s", location, place.url);
        ok(*place.host && strcmp(place.host, "10.0.0.1") != 0 && !place.has_zone, "%s: host %s",
           location, place.host);
    }
    ok(followed > 1000, "only %d were followed", followed);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_path_limit),
        cmocka_unit_test(test_any_location),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
