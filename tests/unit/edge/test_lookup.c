/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "edge/lookup.h"
#include "edge/record_write.h"

static const struct {
    const char *text, *name; /* NULL: refused */
} names[] = {
    {"example.com", "example.com"},
    {"EXAMPLE.Com", "example.com"},
    {"example.com.", "example.com"},
    {"example.com..", NULL},
    {"", NULL},
    {".", NULL},
    {"a.b:80", NULL},
    {"[::1]", NULL},
    {"a@b", NULL},
    {"a[b", NULL}, /* '[' | 0x20 is '{' */
    {"hcrt", "hcrt"},
};

static void test_names(void **state)
{
    char longest[256];
    struct edge_host_name name;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        bool is_name = edge_host_name(slice_str(names[i].text), &name);

        ok(is_name == (names[i].name != NULL) &&
               (!is_name || slice_eq_str(edge_host_name_view(&name), names[i].name)),
           "\"%s\"", names[i].text);
    }
    ok(!edge_host_name(slice_of("a\0b", 3), &name), "a NUL inside");
    for (int i = 0; i < 255; i++)
        longest[i] = i % 2 ? '.' : 'a';
    ok(edge_host_name(slice_of(longest, 253), &name), "253 octets");
    ok(edge_host_name(slice_of(longest, 254), &name) && name.len == 253, "253 and a dot");
    ok(!edge_host_name(slice_of(longest, 255), &name), "255 octets");
    all_ok();
}

static const struct {
    const char *label;
    struct slice extension;
    const char *name;
} extensions[] = {
#define L(s)                                                                                       \
    {                                                                                              \
        (const unsigned char *)(s), sizeof(s) - 1                                                  \
    }
    {"one name", L("\0\6\0\0\3a.b"), "a.b"},
    {"empty name", L("\0\3\0\0\0"), ""},
    {"two names", L("\0\x0c\0\0\3a.b\0\0\3c.d"), NULL},
    {"other type", L("\0\6\1\0\3a.b"), NULL},
    {"list too long", L("\0\7\0\0\3a.b"), NULL},
    {"list too short", L("\0\5\0\0\3a.b"), NULL},
    {"name too long", L("\0\6\0\0\4a.b"), NULL},
    {"name too short", L("\0\6\0\0\2a.b"), NULL},
    {"nothing", L(""), NULL},
    {"half a length", L("\0"), NULL},
    {"no name", L("\0\0"), NULL},
};

static void test_sni(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
        struct slice name = {0};
        bool is_name = edge_sni(extensions[i].extension, &name);

        ok(is_name == (extensions[i].name != NULL) &&
               (!is_name || slice_eq_str(name, extensions[i].name)),
           "%s", extensions[i].label);
    }
    all_ok();
}

#define ALPN(text)                                                                                 \
    {                                                                                              \
        (const unsigned char *)(text), sizeof(text) - 1                                            \
    }
static const struct {
    struct slice extension;
    bool is_acme;
} protocols[] = {
    {ALPN("\0\x0b\x0a"
          "acme-tls/1"),
     true},
    {ALPN("\0\x0e\x0a"
          "acme-tls/1\x02h2"),
     false},
    {ALPN("\0\x0e\x02h2\x0a"
          "acme-tls/1"),
     false},
    {ALPN("\0\x0b\x0a"
          "acme-tls/2"),
     false},
    {ALPN("\0\x0c\x0a"
          "acme-tls/1"),
     false},
    {ALPN("\0\x03\x02h2"), false},
    {ALPN(""), false},
};

static void test_protocols(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(protocols); i++)
        ok(edge_alpn_is_acme(protocols[i].extension) == protocols[i].is_acme, "row %zu", i);
    all_ok();
}

static const struct {
    const char *host, *id; /* NULL: another name */
} previews[] = {
    {"crt-01ab.certificate.invalid", "crt_01ab"},
    {"x.certificate.invalid", "x"},
    {"a-b-c.certificate.invalid", "a_b_c"},
    {".certificate.invalid", NULL},
    {"certificate.invalid", NULL},
    {"a.b.certificate.invalid", NULL},
    {"crt-01ab.certificate.invalid.example", NULL},
    {"crt-01abcertificate.invalid", NULL},
    {"crt-01ab.certificate.example", NULL},
    {"", NULL},
};

static void test_previews(void **state)
{
    struct edge_preview preview;
    char longest[EDGE_ID_MAX + 1 + sizeof("." EDGE_PREVIEW_DOMAIN)];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(previews); i++) {
        bool is_one = edge_preview(slice_str(previews[i].host), &preview);

        ok(is_one == (previews[i].id != NULL) &&
               (!is_one || slice_eq_str(slice_of(preview.id, preview.len), previews[i].id)),
           "\"%s\"", previews[i].host);
    }
    snprintf(longest, sizeof(longest), "%0*d." EDGE_PREVIEW_DOMAIN, EDGE_ID_MAX, 0);
    ok(edge_preview(slice_str(longest), &preview) && preview.len == EDGE_ID_MAX, "the longest id");
    snprintf(longest, sizeof(longest), "%0*d." EDGE_PREVIEW_DOMAIN, EDGE_ID_MAX + 1, 0);
    ok(!edge_preview(slice_str(longest), &preview), "one octet more");
    all_ok();
}

static void test_above(void **state)
{
    static const struct {
        const char *host, *above; /* NULL: nothing could be */
    } rows[] = {
        {"shop.site.example", "*.site.example"},
        {"a.shop.site.example", "*.shop.site.example"},
        {"site.example", "*.example"},
        {"example", NULL},
        {".example", NULL},
        {"a.", NULL},
        {"", NULL},
    };
    char longest[EDGE_HOST_MAX + 1];
    struct edge_host_name above;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool is_one = edge_host_above(slice_str(rows[i].host), &above);

        ok(is_one == (rows[i].above != NULL), "%s", rows[i].host);
        ok(!is_one || slice_eq_str(edge_host_name_view(&above), rows[i].above), "%s", rows[i].host);
        ok(!is_one || edge_host_key_is_valid(edge_host_name_view(&above)), "%s: a key",
           rows[i].host);
    }
    memset(longest, 'a', sizeof(longest));
    longest[1] = '.';
    ok(edge_host_above(slice_of(longest, EDGE_HOST_MAX), &above) && above.len == EDGE_HOST_MAX,
       "the longest name");
    all_ok();
}

static void test_host_keys(void **state)
{
    static const struct {
        const char *key;
        bool is_valid;
    } rows[] = {
        {"site.example", true},
        {"*.site.example", true},
        {"*.example", true},
        {"*.", false},
        {"*", false},
        {"*.*.example", false},
        {"a*.example", false},
        {"a.*.example", false},
        {"*.Site.example", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(edge_host_key_is_valid(slice_str(rows[i].key)) == rows[i].is_valid, "%s", rows[i].key);
    all_ok();
}

static void test_db_keys(void **state)
{
    struct edge_db_key key;
    char token[EDGE_TOKEN_MAX + 2], longest[EDGE_KEY_MAX + 1];

    (void)state;
    memset(token, 't', sizeof(token));
    memset(longest, 'k', sizeof(longest));
    ok(edge_db_key(EDGE_HOST, slice_str("a.b"), &key) &&
           slice_eq_str(edge_db_key_view(&key), "ha.b"),
       "host");
    ok(!edge_db_key(EDGE_HOST, slice_str(""), &key), "empty");
    ok(edge_db_key(EDGE_HOST, slice_of(longest, EDGE_KEY_MAX), &key) && key.len == 511, "longest");
    ok(!edge_db_key(EDGE_HOST, slice_of(longest, EDGE_KEY_MAX + 1), &key), "too long");
    ok(edge_challenge_db_key(slice_str("a.b"), slice_str("T_-9"), &key) &&
           slice_eq(edge_db_key_view(&key), slice_of("ta.b\0T_-9", 9)),
       "challenge");
    ok(!edge_challenge_db_key(slice_str("a.b"), slice_str(""), &key), "no token");
    ok(!edge_challenge_db_key(slice_str("a.b"), slice_str("a/b"), &key), "no such token");
    ok(!edge_challenge_db_key(slice_str("a.b"), slice_str("a\xc3"), &key), "not ASCII");
    ok(edge_challenge_db_key(slice_str("a.b"), slice_of(token, EDGE_TOKEN_MAX), &key), "longest");
    ok(!edge_challenge_db_key(slice_str("a.b"), slice_of(token, EDGE_TOKEN_MAX + 1), &key),
       "over it");
    all_ok();
}

static const struct {
    const char *path;
    enum edge_path kind;
    const char *token;
} paths[] = {
    {"/.well-known/acme-challenge/abc", EDGE_PATH_CHALLENGE, "abc"},
    {"/.well-known/acme-challenge/", EDGE_PATH_CHALLENGE, ""},
    {"/.well-known/acme-challenge", EDGE_PATH_OTHER, NULL},
    {"/.well-known/acme-challenge/a/b", EDGE_PATH_CHALLENGE, "a/b"},
    {"/.well-known/host-check/x", EDGE_PATH_CHECK, "x"},
    {"/x/.well-known/host-check/x", EDGE_PATH_OTHER, NULL},
    {"/", EDGE_PATH_OTHER, NULL},
    {"", EDGE_PATH_OTHER, NULL},
};

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct slice token = {0};
        enum edge_path kind = edge_path(slice_str(paths[i].path), &token);

        ok(kind == paths[i].kind && (!paths[i].token || slice_eq_str(token, paths[i].token)), "%s",
           paths[i].path);
    }
    all_ok();
}

static void test_check_tokens(void **state)
{
    char token[EDGE_CHECK_TOKEN_MAX + 1];

    (void)state;
    memset(token, 'T', sizeof(token));
    for (size_t len = 0; len <= sizeof(token); len++)
        ok(edge_check_token_is_valid(slice_of(token, len)) == (len >= 22 && len <= 64), "%zu", len);
    token[3] = '.';
    ok(!edge_check_token_is_valid(slice_of(token, 30)), "a dot");
    all_ok();
}

static void test_live_records(void **state)
{
    unsigned char room[256];
    struct buf out = buf_fixed(room, sizeof(room));
    const struct edge_record gone = {
        .kind = EDGE_HOST, .is_tombstone = true, .key = slice_str("a.b")};
    const struct edge_record live = {.kind = EDGE_CHALLENGE,
                                     .key = slice_of("a.b\0t", 5),
                                     .body = SLICE_LIT("t.0123456789012345678901234567890123456789"
                                                       "abc")};
    struct edge_record record;

    (void)state;
    assert_int_equal(edge_record_write(&out, &gone), EDGE_FAULT_NONE);
    buf_add(&out, (unsigned char[EDGE_TRAILER_SIZE]){0}, EDGE_TRAILER_SIZE);
    ok(!edge_live_record(buf_view(&out), EDGE_HOST, &record), "a tombstone");
    out.len = 0;
    assert_int_equal(edge_record_write(&out, &live), EDGE_FAULT_NONE);
    ok(!edge_live_record(buf_view(&out), EDGE_CHALLENGE, &record), "cut short");
    buf_add(&out, (unsigned char[EDGE_TRAILER_SIZE]){0}, EDGE_TRAILER_SIZE);
    ok(edge_live_record(buf_view(&out), EDGE_CHALLENGE, &record), "live");
    ok(!edge_live_record(buf_view(&out), EDGE_HOST, &record), "of another kind");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),        cmocka_unit_test(test_sni),
        cmocka_unit_test(test_previews),     cmocka_unit_test(test_protocols),
        cmocka_unit_test(test_db_keys),      cmocka_unit_test(test_above),
        cmocka_unit_test(test_host_keys),    cmocka_unit_test(test_paths),
        cmocka_unit_test(test_check_tokens), cmocka_unit_test(test_live_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
