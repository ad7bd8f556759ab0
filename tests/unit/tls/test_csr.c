/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "check.h"
#include "tls/csr.h"
#include "tls/key.h"

#define L10  "aaaaaaaaaa"
#define L50  L10 L10 L10 L10 L10
#define N63  L50 "aa.example.co"
#define N64  L50 "aaa.example.co"
#define N65  L50 "aaaa.example.co"
#define N200 L50 "." L50 "." L50 "." L10 L10 L10 "aa.exampl.example"

DEFINE_FREEP(GENERAL_NAMES, GENERAL_NAMES_free)

/* What a request says, as OpenSSL reads it back. */
struct facts {
    const char *subject; /* "C=DE,ST=..,CN=..", in the order of the request */
    const char *names;   /* joined by spaces */
};

static const char *read_subject(struct arena *mem, const X509_REQ *request)
{
    BIO *text = BIO_new(BIO_s_mem());
    const char *subject;
    char *data;
    long len;

    X509_NAME_print_ex(text, X509_REQ_get_subject_name(request), 0,
                       (XN_FLAG_RFC2253 & ~(unsigned long)(XN_FLAG_DN_REV | ASN1_STRFLGS_ESC_MSB)));
    len = BIO_get_mem_data(text, &data);
    subject = arena_strndup(mem, data, (size_t)len);
    BIO_free(text);
    return subject;
}

static const char *read_names(struct arena *mem, X509_REQ *request)
{
    STACK_OF(X509_EXTENSION) *list = X509_REQ_get_extensions(request);
    AUTO(GENERAL_NAMES_freep)
    GENERAL_NAMES *names = X509V3_get_d2i(list, NID_subject_alt_name, NULL, NULL);
    struct buf text = buf_new(mem, 1u << 16);

    ok(sk_X509_EXTENSION_num(list) == 1, "%d extensions", sk_X509_EXTENSION_num(list));
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        ok(name->type == GEN_DNS, "a name of type %d", name->type);
        buf_str(&text, i ? " " : "");
        buf_add(&text, ASN1_STRING_get0_data(name->d.dNSName),
                (size_t)ASN1_STRING_length(name->d.dNSName));
    }
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    return buf_cstr(&text);
}

static struct facts read_back(struct arena *mem, struct slice der, EVP_PKEY *key)
{
    const unsigned char *at = der.data;
    AUTO(X509_REQ_freep) X509_REQ *request = d2i_X509_REQ(NULL, &at, (long)der.len);

    assert_non_null(request);
    ok(at == der.data + der.len, "octets after the request");
    ok(X509_REQ_verify(request, key) == 1, "the signature does not fit");
    ok(X509_REQ_get_signature_nid(request) == NID_ecdsa_with_SHA256, "not ES256");
    ok(X509_REQ_get_version(request) == 0, "version");
    return (struct facts){read_subject(mem, request), read_names(mem, request)};
}

static const struct {
    const char *what, *names[4], *country, *state, *city, *subject;
} good[] = {
    {"apex first", {"example.com", "www.example.com"}, "", "", "", "CN=example.com"},
    {"www first", {"www.example.com", "example.com"}, "", "", "", "CN=example.com"},
    {"www alone", {"www.example.com"}, "", "", "", "CN=www.example.com"},
    {"wildcard and domain", {"*.example.com", "example.com"}, "", "", "", "CN=example.com"},
    {"name of 63", {N63}, "", "", "", "CN=" N63},
    {"name of 64", {N64}, "", "", "", "CN=" N64},
    {"name of 65", {N65}, "", "", "", ""},
    {"name of 200", {N200}, "", "", "", ""},
    {"65, and one that fits", {N65, "www.example.com"}, "", "", "", "CN=www.example.com"},
    {"www of a name of 63", {"www." N63, N63}, "", "", "", "CN=" N63},
    {"IDN", {"xn--mnchen-3ya.example"}, "", "", "", "CN=xn--mnchen-3ya.example"},
    {"country and state", {"example.com"}, "DE", "Bayern", NULL, "C=DE,ST=Bayern,CN=example.com"},
    {"country and city",
     {"example.com"},
     "DK",
     NULL,
     "Kongens Lyngby",
     "C=DK,L=Kongens Lyngby,CN=example.com"},
    {"all three", {"example.com"}, "US", "Ohio", "Dayton", "C=US,ST=Ohio,L=Dayton,CN=example.com"},
    {"country and long name", {N65}, "US", "Ohio", NULL, "C=US,ST=Ohio"},
    {"not ASCII", {"example.com"}, "DE", NULL, "München", "C=DE,L=München,CN=example.com"},
    {"what looks like syntax",
     {"example.com"},
     "DE",
     NULL,
     "A/CN=b",
     "C=DE,L=A/CN=b,CN=example.com"},
};

static void test_facts(void **state)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    struct err err = {0};

    (void)state;
    assert_true(strlen(N63) == 63 && strlen(N64) == 64 && strlen(N65) == 65 && strlen(N200) == 200);
    assert_true(key_make(&key, &err));
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct csr_wish wish = {good[i].names, 0, good[i].country, good[i].state, good[i].city};
        struct buf names = buf_new(mem, 4096);
        struct facts facts;
        struct slice der;

        for (; wish.name_count < 4 && good[i].names[wish.name_count]; wish.name_count++)
            buf_printf(&names, "%s%s", wish.name_count ? " " : "", good[i].names[wish.name_count]);
        if (!ok(csr_make(mem, key, &wish, &der, &err), "%s: %s", good[i].what, err.text))
            continue;
        facts = read_back(mem, der, key);
        ok(strcmp(facts.subject, good[i].subject) == 0, "%s: %s", good[i].what, facts.subject);
        ok(strcmp(facts.names, buf_cstr(&names)) == 0, "%s: names %s", good[i].what, facts.names);
    }
    all_ok();
}

static const struct {
    const char *what, *names[3], *country, *state, *city, *field, *text;
} bad[] = {
    {"no name", {0}, "", "", "", "names", "0 names, 1 to 100 are allowed"},
    {"the same twice",
     {"a.example", "a.example"},
     "",
     "",
     "",
     "names",
     "\"a.example\" is listed twice"},
    {"upper case", {"A.example"}, "", "", "", "names", "octet 0x41 is not allowed in a host name"},
    {"a space", {"a b.example"}, "", "", "", "names", "octet 0x20 is not allowed in a host name"},
    {"wildcard inside",
     {"a.*.example"},
     "",
     "",
     "",
     "names",
     "octet 0x2a is not allowed in a host name"},
    {"wildcard alone", {"*."}, "", "", "", "names", "\"*.\" is not a host name"},
    {"final dot", {"a.example."}, "", "", "", "names", "\"a.example.\" is not a host name"},
    {"empty name", {""}, "", "", "", "names", "\"\" is not a host name"},
    {"country of three",
     {"a.example"},
     "DEU",
     "",
     "",
     "country",
     "\"DEU\" is not two capital letters"},
    {"country in small",
     {"a.example"},
     "de",
     "",
     "",
     "country",
     "\"de\" is not two capital letters"},
    {"state not UTF-8", {"a.example"}, "", "\xff", "", "state_or_province", "not UTF-8"},
    {"city with newline", {"a.example"}, "", "", "a\nb", "city", "control character 0x0a"},
};

static void test_refusals(void **state)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    struct err err = {0};

    (void)state;
    assert_true(key_make(&key, &err));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct csr_wish wish = {bad[i].names, 0, bad[i].country, bad[i].state, bad[i].city};
        struct slice der = {0};

        while (wish.name_count < 3 && bad[i].names[wish.name_count])
            wish.name_count++;
        err = (struct err){0};
        ok(!csr_make(mem, key, &wish, &der, &err) && !der.data, "%s is accepted", bad[i].what);
        ok(err.code == ERR_BAD_INPUT && strcmp(err.field, bad[i].field) == 0 &&
               strcmp(err.text, bad[i].text) == 0,
           "%s: %s: %s", bad[i].what, err.field, err.text);
    }
    all_ok();
}

static const char *repeat(struct arena *mem, const char *text, size_t count)
{
    struct buf all = buf_new(mem, 4096);

    while (count-- > 0)
        buf_str(&all, text);
    return buf_cstr(&all);
}

static void test_limits(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    const char *names[CSR_NAME_MAX + 1];
    struct slice der;
    struct err err = {0};
    struct csr_wish wish = {.names = names, .name_count = CSR_NAME_MAX};

    (void)state;
    assert_true(key_make(&key, &err));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        names[i] = arena_printf(mem, "n%zu.example", i);
    ok(csr_make(mem, key, &wish, &der, &err), "100 names: %s", err.text);
    wish.name_count++;
    ok(!csr_make(mem, key, &wish, &der, &err), "101 names are accepted");
    wish.name_count = 1;
    wish.city = repeat(mem, "ü", CSR_STATE_MAX);
    ok(csr_make(mem, key, &wish, &der, &err), "city of 128: %s", err.text);
    wish.city = repeat(mem, "ü", CSR_STATE_MAX + 1);
    ok(!csr_make(mem, key, &wish, &der, &err) &&
           strcmp(err.text, "129 characters, at most 128 are allowed") == 0,
       "city of 129: %s", err.text);
    wish.city = NULL;
    names[0] = repeat(mem, "a", 253);
    ok(csr_make(mem, key, &wish, &der, &err), "name of 253: %s", err.text);
    names[0] = repeat(mem, "a", 254);
    ok(!csr_make(mem, key, &wish, &der, &err) &&
           strcmp(err.text, "name of 254 octets, at most 253 are allowed") == 0,
       "name of 254: %s", err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
