/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "certs.h"
#include "check.h"
#include "check/proof.h"
#include "tiny_server.h"
#include "tls/chain.h"

/* Proofs against a small TLS server that picks its certificate by SNI. */

#define DAY INT64_C(86400000)

static const char *const names[] = {"shop.example", "www.shop.example"};

static struct arena *mem;
static struct test_cert *root, *other_root, *intermediate;
static struct verify_roots *roots, *other_roots, *both_roots;
static int64_t now;
static struct tiny_server server, plain, silent;

/* What is served for each SNI. */
static struct served {
    const char *sni, *reply; /* reply NULL: hang up; "": say nothing */
    struct test_cert *leaf;
    SSL_CTX *tls;
    const char *serial;
} served[] = {
    {.sni = "ok.example", .reply = "HTTP/1.1 200 OK\r\n\r\n"},
    {.sni = "old.example", .reply = "HTTP/1.1 200 OK\r\n\r\n"},
    {.sni = "expired.example", .reply = "HTTP/1.1 200 OK\r\n\r\n"},
    {.sni = "unknown.example", .reply = "HTTP/1.1 200 OK\r\n\r\n"},
    {.sni = "few.example", .reply = "HTTP/1.1 200 OK\r\n\r\n"},
    {.sni = "s404.example", .reply = "HTTP/1.1 404 Not Found\r\n\r\n"},
    {.sni = "s301.example", .reply = "HTTP/1.1 301 Moved\r\n\r\n"},
    {.sni = "s421.example", .reply = "HTTP/1.1 421 Misdirected Request\r\n\r\n"},
    {.sni = "s500.example", .reply = "HTTP/1.1 500 Oops\r\n\r\n"},
    {.sni = "s502.example", .reply = "HTTP/1.1 502 Bad Gateway\r\n\r\n"},
    {.sni = "s503.example", .reply = "HTTP/1.1 503 Wait\r\n\r\n"},
    {.sni = "s504.example", .reply = "HTTP/1.1 504 Gateway Timeout\r\n\r\n"},
    {.sni = "s103.example",
     .reply = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"},
    {.sni = "noise.example", .reply = "220 mail ESMTP\r\n\r\n"},
    {.sni = "s999.example", .reply = "HTTP/1.1 999 What\r\n\r\n"},
    {.sni = "cut.example", .reply = NULL},
    {.sni = "hang.example", .reply = ""},
};

static struct served *find(const char *sni)
{
    for (size_t i = 0; sni && i < ARRAY_LEN(served); i++)
        if (strcmp(served[i].sni, sni) == 0)
            return &served[i];
    return NULL;
}

static struct served *of(const char *sni)
{
    struct served *found = find(sni);

    assert(found);
    return found;
}

static int by_name(SSL *ssl, int *alert, void *arg)
{
    struct served *found = find(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));

    (void)arg;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    if (!found)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    SSL_set_SSL_CTX(ssl, found->tls);
    return SSL_TLSEXT_ERR_OK;
}

static bool answer(struct tiny_conn *conn, const char *request)
{
    const char *sni = SSL_get_servername(conn->ssl, TLSEXT_NAMETYPE_host_name);
    const char *reply = of(sni)->reply;
    char host[300];

    snprintf(host, sizeof(host), "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: Latchkey/", sni);
    if (!reply || strncmp(request, host, strlen(host)) != 0)
        return false;
    tiny_text(conn, reply);
    tiny_wait(conn, *reply ? 0 : 5000);
    return false;
}

static bool hang(struct tiny_conn *conn, const char *request)
{
    (void)request;
    tiny_wait(conn, 5000);
    return false;
}

static struct test_cert *leaf_of(const struct test_cert *issuer, int64_t from, int64_t to,
                                 bool has_all)
{
    const char *list[] = {names[0], has_all ? names[1] : NULL, NULL};

    return test_cert_make(
        mem,
        &(struct test_cert_wish){
            .cn = names[0], .names = list, .issuer = issuer, .not_before = from, .not_after = to});
}

static const char *serial_of(const struct test_cert *cert)
{
    struct chain chain;
    struct err err;

    if (!chain_from_der(mem, &cert->der, 1, &chain, &err))
        fail_msg("%s", err.text);
    return chain.serial;
}

static SSL_CTX *tls_of(const struct test_cert *leaf, X509 *next)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

    ok(SSL_CTX_use_certificate(tls, leaf->cert) == 1 &&
           SSL_CTX_use_PrivateKey(tls, leaf->key) == 1 &&
           (!next || SSL_CTX_add1_chain_cert(tls, next) == 1),
       "certificate");
    return tls;
}

static void make_certificates(void)
{
    const struct test_cert_wish ca = {
        .is_ca = true, .not_before = now - 30 * DAY, .not_after = now + 300 * DAY};
    struct test_cert_wish wish = ca;

    wish.cn = "Own Root";
    root = test_cert_make(mem, &wish);
    wish.cn = "Other Root";
    other_root = test_cert_make(mem, &wish);
    wish.cn = "Intermediate";
    wish.issuer = root;
    intermediate = test_cert_make(mem, &wish);
    for (size_t i = 0; i < ARRAY_LEN(served); i++) {
        bool is_unknown = strcmp(served[i].sni, "unknown.example") == 0;
        bool is_expired = strcmp(served[i].sni, "expired.example") == 0;

        served[i].leaf = leaf_of(is_unknown ? other_root : intermediate, now - 20 * DAY,
                                 is_expired ? now - DAY : now + 60 * DAY,
                                 strcmp(served[i].sni, "few.example") != 0);
        served[i].tls = tls_of(served[i].leaf, is_unknown ? NULL : intermediate->cert);
        served[i].serial = serial_of(served[i].leaf);
    }
    of("old.example")->serial = "0123abcd";
}

static const struct address loopback = {.octets = {127, 0, 0, 1}};

static struct proof_target target_of(const char *sni)
{
    struct served *found = find(sni);

    return (struct proof_target){.address = loopback,
                                 .port = server.port,
                                 .name = sni,
                                 .serial = found ? found->serial : "00",
                                 .names = names,
                                 .name_count = 2};
}

static struct net_allowed allowed = {{{.octets = {127}}, 8}, 0};
static const struct net_policy policy = {NET_PUBLIC_NONE, &allowed, 1};

static const struct {
    const char *sni;
    enum proof_code code;
    int status;
    const char *text; /* %s: 127.0.0.1:port */
} rows[] = {
    {"ok.example", PROOF_OK, 200,
     "%s shows the certificate for ok.example, and the site answers 200"},
    {"s404.example", PROOF_OK, 404,
     "%s shows the certificate for s404.example, and the site answers 404"},
    {"s301.example", PROOF_OK, 301,
     "%s shows the certificate for s301.example, and the site answers 301"},
    {"s103.example", PROOF_OK, 200,
     "%s shows the certificate for s103.example, and the site answers 200"},
    {"s500.example", PROOF_ORIGIN_ERROR, 500,
     "%s shows the certificate for s500.example, but the site answers 500"},
    {"s503.example", PROOF_ORIGIN_ERROR, 503,
     "%s shows the certificate for s503.example, but the site answers 503"},
    {"s421.example", PROOF_MISDIRECTED, 421,
     "%s answers 421 for s421.example: it does not serve this name together with its certificate"},
    {"s502.example", PROOF_BAD_GATEWAY, 502,
     "%s answers 502 for s502.example: it cannot reach the site's origin"},
    {"s504.example", PROOF_GATEWAY_TIMEOUT, 504,
     "%s answers 504 for s504.example: the site's origin does not answer it in time"},
    {"old.example", PROOF_OTHER_CERTIFICATE, 0, NULL},
    {"few.example", PROOF_NAME_MISSING, 0, NULL},
    {"expired.example", PROOF_CHAIN_REFUSED, 0,
     "%s shows the certificate for expired.example, but it does not hold: certificate has expired"},
    {"unknown.example", PROOF_UNKNOWN_ROOT, 0, NULL},
    {"nobody.example", PROOF_TLS, 0,
     "%s did not complete the TLS handshake for nobody.example: tlsv1 unrecognized name"},
    {"noise.example", PROOF_NOT_HTTP, 0, "%s does not speak HTTP for noise.example"},
    {"s999.example", PROOF_NOT_HTTP, 0, "%s does not speak HTTP for s999.example"},
    {"cut.example", PROOF_CUT, 0,
     "%s did not answer over https for cut.example: it closed the connection"},
    {"hang.example", PROOF_TIMEOUT, 0,
     "there was no https answer from %s for hang.example within 600 ms"},
};

static struct proof_options options_of(struct verify_roots *trust)
{
    return (struct proof_options){
        .policy = &policy, .roots = roots, .trust = trust, .at = now, .timeout_ms = 600};
}

/* req: R23. All rows at once, as the worker proves them. */
static void test_rows(void **state)
{
    (void)state;
    const struct proof_options options = options_of(NULL);
    struct proof_target targets[ARRAY_LEN(rows)];
    struct proof proofs[ARRAY_LEN(rows)];
    int64_t began = clock_boot_ms(), took;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        targets[i] = target_of(rows[i].sni);
    proof_run(mem, &options, targets, ARRAY_LEN(rows), proofs);
    took = clock_boot_ms() - began;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *place = arena_printf(mem, "127.0.0.1:%u", server.port);
        const char *want = rows[i].text ? arena_printf(mem, rows[i].text, place) : NULL;
        bool holds = rows[i].code == PROOF_OK || rows[i].code == PROOF_ORIGIN_ERROR;
        enum proof_code back;

        ok(proofs[i].code == rows[i].code && proofs[i].is_ok == holds &&
               proofs[i].status == rows[i].status && (!want || strcmp(proofs[i].text, want) == 0) &&
               proofs[i].took_ms < 2000,
           "%s: %s %d \"%s\"", rows[i].sni, proof_code_name(proofs[i].code), proofs[i].status,
           proofs[i].text);
        ok(proof_code_parse(proof_code_name(proofs[i].code), &back) && back == proofs[i].code,
           "name of %s", rows[i].sni);
        ok(!holds || (strcmp(proofs[i].serial, targets[i].serial) == 0 &&
                      strcmp(proofs[i].root, "CN=Own Root") == 0),
           "%s: serial and root", rows[i].sni);
    }
    ok(took >= 590 && took < 2500, "all together took %lld ms", (long long)took);
    all_ok();
}

static void test_other_certificate(void **state)
{
    (void)state;
    const struct proof_options options = options_of(NULL);
    struct proof_target targets[] = {target_of("old.example"), target_of("few.example"),
                                     target_of("unknown.example")};
    struct proof proofs[3];
    const char *shown = serial_of(of("old.example")->leaf);

    proof_run(mem, &options, targets, 3, proofs);
    ok(strcmp(proofs[0].serial, shown) == 0 &&
           strcmp(proofs[0].text,
                  arena_printf(mem,
                               "127.0.0.1:%u shows certificate %s for old.example, not 0123abcd",
                               server.port, shown)) == 0,
       "%s", proofs[0].text);
    ok(strstr(proofs[1].text, "www.shop.example"), "the missing name is told: %s", proofs[1].text);
    ok(strstr(proofs[2].text, "does not lead to a root of its CA") && !proofs[2].root, "%s",
       proofs[2].text);
    all_ok();
}

/* Under an SNI of its own a certificate is proven by the handshake alone: the site is not asked. */
static void test_shown(void **state)
{
    (void)state;
    const struct proof_options options = options_of(NULL);
    struct proof_target targets[] = {target_of("s421.example"), target_of("old.example")};
    struct proof proofs[2];

    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        targets[i].sni = targets[i].name;
        targets[i].name = "shop.example";
    }
    proof_run(mem, &options, targets, 2, proofs);
    ok(proofs[0].code == PROOF_SHOWN && proofs[0].is_ok && proofs[0].status == 0 &&
           strcmp(proofs[0].serial, targets[0].serial) == 0 &&
           strcmp(proofs[0].text, arena_printf(mem,
                                               "127.0.0.1:%u can show the certificate for "
                                               "shop.example",
                                               server.port)) == 0,
       "%s", proofs[0].text);
    ok(proofs[1].code == PROOF_OTHER_CERTIFICATE && !proofs[1].is_ok, "%s", proofs[1].text);
    all_ok();
}

/* Trust is told apart from proof; the time is the caller's, not this machine's. */
static void test_trust_and_time(void **state)
{
    (void)state;
    struct proof_target target = target_of("ok.example"), expired = target_of("expired.example");
    struct proof_options options = options_of(both_roots);
    struct proof proof;

    proof_run(mem, &options, &target, 1, &proof);
    ok(proof.is_ok && proof.is_trusted, "in the trust store: %s", proof.text);
    options.trust = other_roots;
    proof_run(mem, &options, &target, 1, &proof);
    ok(proof.is_ok && !proof.is_trusted, "not in the trust store: %s", proof.text);
    options.at = now + 61 * DAY;
    proof_run(mem, &options, &target, 1, &proof);
    ok(proof.code == PROOF_CHAIN_REFUSED && strstr(proof.text, "expired"), "later: %s", proof.text);
    options.at = now - 21 * DAY;
    proof_run(mem, &options, &target, 1, &proof);
    ok(proof.code == PROOF_CHAIN_REFUSED && strstr(proof.text, "not yet valid"), "earlier: %s",
       proof.text);
    options.at = now - 10 * DAY;
    proof_run(mem, &options, &expired, 1, &proof);
    ok(proof.is_ok, "before it expired: %s", proof.text);
    all_ok();
}

static void test_places(void **state)
{
    (void)state;
    const struct proof_options options = options_of(NULL);
    struct proof_target targets[5];
    struct proof proofs[5];
    struct tiny_server gone = {.answer = hang};

    ok(tiny_start(&gone, "127.0.0.1", 0), "a port");
    tiny_stop(&gone);
    for (size_t i = 0; i < ARRAY_LEN(targets); i++)
        targets[i] = target_of("ok.example");
    targets[0].port = gone.port;
    targets[1].address = (struct address){.octets = {10, 0, 0, 1}};
    targets[2].port = silent.port; /* a TCP server that says nothing */
    targets[3].port = plain.port;  /* an HTTP server without TLS */
    targets[4].address =
        (struct address){.is_v6 = true, .octets = {[10] = 0xff, 0xff, 127, 0, 0, 1}};
    proof_run(mem, &options, targets, ARRAY_LEN(targets), proofs);
    ok(proofs[0].code == PROOF_REFUSED &&
           strcmp(proofs[0].text, arena_printf(mem,
                                               "could not connect to 127.0.0.1:%u: connection "
                                               "refused",
                                               gone.port)) == 0,
       "%s", proofs[0].text);
    ok(proofs[1].code == PROOF_FORBIDDEN &&
           strcmp(proofs[1].text, arena_printf(mem,
                                               "10.0.0.1:%u is not connected to: the address "
                                               "is reserved (private network)",
                                               server.port)) == 0,
       "%s", proofs[1].text);
    ok(proofs[2].code == PROOF_TIMEOUT &&
           strstr(proofs[2].text, "there was no end to the TLS handshake with"),
       "%s", proofs[2].text);
    ok(proofs[3].code == PROOF_TLS, "%s %s", proof_code_name(proofs[3].code), proofs[3].text);
    ok(proofs[4].code == PROOF_FORBIDDEN, "%s", proofs[4].text);
    all_ok();
}

/* Many at once: 2 edges, 2 names, over and over. */
static void test_many(void **state)
{
    (void)state;
    const struct proof_options options = {
        .policy = &policy, .roots = roots, .at = now, .timeout_ms = 8000};
    struct proof_target targets[64];
    struct proof proofs[64];
    size_t held = 0;

    for (size_t i = 0; i < ARRAY_LEN(targets); i++)
        targets[i] = target_of("ok.example");
    proof_run(mem, &options, targets, ARRAY_LEN(targets), proofs);
    for (size_t i = 0; i < ARRAY_LEN(targets); i++)
        held += proofs[i].is_ok;
    ok(held == ARRAY_LEN(targets), "%zu of %zu: %s", held, ARRAY_LEN(targets), proofs[0].text);
    proof_run(mem, &options, targets, 0, proofs);
    all_ok();
}

static bool answer_plain(struct tiny_conn *conn, const char *request)
{
    (void)request;
    tiny_text(conn, "HTTP/1.1 400 Bad Request\r\n\r\n");
    return false;
}

/* Answers the ClientHello, which has no end of a header section, at once. */
static void *serve_plain(void *arg)
{
    struct tiny_server *s = arg;
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
    struct tiny_conn conn = {.server = s, .fd = fd};

    answer_plain(&conn, "");
    close(fd);
    return NULL;
}

static bool start_plain(void)
{
    if (!tiny_start(&plain, "127.0.0.1", 0))
        return false;
    close(plain.stop[1]);
    pthread_join(plain.thread, NULL);
    return pthread_create(&plain.thread, NULL, serve_plain, &plain) == 0;
}

static int start(void **state)
{
    struct err err = {0};

    (void)state;
    mem = arena_new();
    now = clock_real_ms();
    make_certificates();
    server.answer = answer;
    server.tls = of("ok.example")->tls;
    SSL_CTX_set_tlsext_servername_callback(server.tls, by_name);
    silent.answer = hang;
    return verify_roots_read(mem, slice_str(root->pem), &roots, &err) &&
                   verify_roots_read(mem, slice_str(other_root->pem), &other_roots, &err) &&
                   verify_roots_read(
                       mem, slice_str(test_pem_join(mem, root->pem, other_root->pem, NULL)),
                       &both_roots, &err) &&
                   tiny_start(&server, "127.0.0.1", 0) && tiny_start(&silent, "127.0.0.1", 0) &&
                   start_plain()
               ? 0
               : -1;
}

static int stop(void **state)
{
    (void)state;
    tiny_stop(&server);
    tiny_stop(&silent);
    pthread_join(plain.thread, NULL);
    close(plain.fd);
    close(plain.stop[0]);
    for (size_t i = 0; i < ARRAY_LEN(served); i++)
        SSL_CTX_free(served[i].tls);
    arena_free(mem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_other_certificate),
        cmocka_unit_test(test_shown),  cmocka_unit_test(test_trust_and_time),
        cmocka_unit_test(test_places), cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
