/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "acme/authorization.h"
#include "acme/challenge.h"
#include "acme/text.h"
#include "check.h"

static void test_printable(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const struct {
        const char *in, *out;
    } rows[] = {
        {NULL, ""},
        {"", ""},
        {"plain ~ text", "plain ~ text"},
        {"a\nb\tc\x1b[31m\x7f", "a\\x0ab\\x09c\\x1b[31m\\x7f"},
        {"\xc3\xa4", "\\xc3\\xa4"},
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"},
    };
    char text[ACME_TEXT_MAX + 100];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *got = acme_text(mem, rows[i].in);

        ok(strcmp(got, rows[i].out) == 0, "row %zu: %s", i, got);
    }
    memset(text, 'x', sizeof(text));
    for (int more = -4; more <= 4; more++) {
        const char *got;

        text[ACME_TEXT_MAX + more] = '\0';
        got = acme_text(mem, text);
        text[ACME_TEXT_MAX + more] = 'x';
        ok(strlen(got) <= ACME_TEXT_MAX, "%d more: %zu octets", more, strlen(got));
        ok((strcmp(got + strlen(got) - 3, "...") == 0) == (more > -3), "%d more: %s", more,
           got + strlen(got) - 3);
    }
    all_ok();
}

static void test_urls(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char *const loopback = "http://127.0.0.1:14000";
    static const struct {
        const char *url;
        bool is_allowed;
    } rows[] = {
        {"https://ca.example/order/1", true},
        {"https://ca.example", true},
        {"https://ca.example:444/a?b=c&d=%20", true},
        {"https://[2001:db8::1]:444/a", true},
        {"http://127.0.0.1:14000/order/1", true},
        {"http://127.0.0.1:14000?x", true},
        {"http://127.0.0.1:140001/order/1", false},
        {"http://127.0.0.1:1400/order/1", false},
        {"http://127.0.0.1/order/1", false},
        {"http://127.0.0.1:14000@evil.example/", false},
        {"http://ca.example/order/1", false},
        {"HTTPS://ca.example/order/1", false},
        {"ftp://ca.example/", false},
        {"file:///etc/passwd", false},
        {"https://", false},
        {"https:///path", false},
        {"https://:443/path", false},
        {"https://user@ca.example/", false},
        {"https://user:pass@ca.example/", false},
        {"https://ca.example/a b", false},
        {"https://ca.example/a\r\nHost: x", false},
        {"https://ca.example/\xc3\xa4", false},
        {"https://ca.example/\"", false},
        {"https://ca.example\\@evil.example/", false},
        {"https://ca.example/#top", false},
        {"/order/1", false},
        {"", false},
    };
    char url[ACME_URL_MAX + 2] = "https://ca.example/";

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(acme_url_is_allowed(rows[i].url, loopback) == rows[i].is_allowed &&
               acme_page_is_allowed(rows[i].url, loopback) ==
                   (rows[i].is_allowed || strchr(rows[i].url, '#')),
           "%s", rows[i].url);
    memset(url + strlen(url), 'x', sizeof(url) - strlen(url));
    for (size_t len = ACME_URL_MAX - 1; len <= ACME_URL_MAX + 1; len++) {
        url[len] = '\0';
        ok(acme_url_is_allowed(url, loopback) == (len <= ACME_URL_MAX), "%zu characters", len);
        url[len] = 'x';
    }
    ok(strcmp(acme_origin(mem, "https://ca.example:1/dir?x"), "https://ca.example:1") == 0, "port");
    ok(strcmp(acme_origin(mem, "https://ca.example"), "https://ca.example") == 0, "no path");
    ok(acme_origin(mem, "ftp://ca.example/dir") == NULL, "ftp");
    all_ok();
}

static void test_key_authorization(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    /* RFC 7638 section 3.1 */
    static const char rsa[] =
        "{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zw"
        "u1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_"
        "RN5w6C"
        "f0h4QyQ5v-65YGjQR0_"
        "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08"
        "qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnq"
        "DKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}";
    static const char expected[] = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
    static const char token[] = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
    const char *thumbprint = NULL, *text = NULL;
    char long_token[ACME_TOKEN_MAX + 2];
    struct err err;

    (void)state;
    assert_true(acme_jwk_thumbprint(mem, rsa, &thumbprint, &err));
    assert_string_equal(thumbprint, expected);
    assert_true(acme_key_authorization(mem, token, thumbprint, &text, &err));
    assert_string_equal(
        text,
        "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_false(acme_jwk_thumbprint(mem, "{\"kty\":\"EC\"}", &thumbprint, &err));
    assert_false(acme_jwk_thumbprint(mem, "no json", &thumbprint, &err));
    assert_string_equal(err.text, "cannot take the thumbprint: not a public JWK");
    assert_false(
        acme_key_authorization(mem, "../../../../etc/passwd-long", thumbprint, &text, &err));
    assert_int_equal(err.code, ERR_CA_PROTOCOL);
    assert_string_equal(err.text, "the challenge's token is not 22 to 128 characters of base64url");

    memset(long_token, 'A', sizeof(long_token));
    for (size_t len = 0; len <= ACME_TOKEN_MAX + 1; len++) {
        long_token[len] = '\0';
        ok(acme_token_is_valid(long_token) == (len >= ACME_TOKEN_MIN && len <= ACME_TOKEN_MAX),
           "a token of %zu", len);
        long_token[len] = 'A';
    }
    all_ok();
}

/* RFC 8555 sections 8.3 and 8.4, RFC 8737 section 3; the digest is of `printf %s ... | sha256sum`.
 */
static void test_answers(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char answer[] =
        "DGyRejmCefe7v4NfDGDKfA.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";
    static const unsigned char digest[ACME_TLS_ALPN_01_SIZE] = {
        0x2c, 0x4a, 0xd8, 0xfc, 0x24, 0x8f, 0xe2, 0x96, 0xd2, 0xda, 0x58,
        0xae, 0x5c, 0x7d, 0x07, 0x8a, 0x49, 0x4e, 0x56, 0x33, 0xeb, 0x69,
        0x9d, 0x1f, 0x92, 0xac, 0xc9, 0xef, 0x4f, 0x5d, 0x15, 0x46};
    unsigned char got[ACME_TLS_ALPN_01_SIZE];

    (void)state;
    assert_string_equal(acme_dns_01_name(mem, "www.example.org"),
                        "_acme-challenge.www.example.org");
    assert_string_equal(acme_dns_01_name(mem, "*.example.org"), "_acme-challenge.example.org");
    assert_string_equal(acme_dns_01_value(mem, answer),
                        "LErY_CSP4pbS2liuXH0HiklOVjPraZ0fkqzJ709dFUY");
    acme_tls_alpn_01_digest(answer, got);
    assert_memory_equal(got, digest, sizeof(digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_key_authorization),
        cmocka_unit_test(test_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
