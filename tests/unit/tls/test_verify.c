/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <unistd.h>

#include "base/hash.h"
#include "certs.h"
#include "check.h"
#include "tls/chain.h"
#include "tls/verify.h"

#define THREADS 6
#define ROUNDS  50
#define DAY     INT64_C(86400000)
#define FROM    INT64_C(1795478400000) /* 2026-11-24T00:00:00Z */

static const char *const shop[] = {"shop.example", NULL};
static const char *const abroad[] = {"shop.com", NULL};

/* A CA of two levels and what it issued. */
struct pki {
    struct test_cert *root, *intermediate, *leaf, *outside, *other_root;
};

static struct test_cert *make_ca(struct arena *mem, const char *cn, const struct test_cert *issuer,
                                 const char *permitted)
{
    return test_cert_make(mem, &(struct test_cert_wish){.cn = cn,
                                                        .issuer = issuer,
                                                        .permitted = permitted,
                                                        .not_before = FROM,
                                                        .not_after = FROM + 400 * DAY,
                                                        .is_ca = true});
}

static struct test_cert *make_leaf(struct arena *mem, const struct test_cert *issuer,
                                   const char *const *names)
{
    return test_cert_make(mem, &(struct test_cert_wish){.cn = names[0],
                                                        .names = names,
                                                        .issuer = issuer,
                                                        .not_before = FROM,
                                                        .not_after = FROM + 90 * DAY});
}

static struct pki make_pki(struct arena *mem)
{
    struct pki pki = {.root = make_ca(mem, "Root", NULL, "example"),
                      .other_root = make_ca(mem, "Other", NULL, NULL)};

    pki.intermediate = make_ca(mem, "Intermediate", pki.root, NULL);
    pki.leaf = make_leaf(mem, pki.intermediate, shop);
    pki.outside = make_leaf(mem, pki.intermediate, abroad);
    return pki;
}

static struct verify_result verdict_on(struct arena *mem, const struct verify_roots *roots,
                                       const struct slice *certs, size_t count, int64_t at)
{
    struct chain chain;
    struct err err = {0};

    if (!chain_from_der(mem, certs, count, &chain, &err))
        fail_msg("%s", err.text);
    return verify_chain(roots, &chain, at);
}

static void test_verdicts(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct pki p = make_pki(mem);
    struct test_cert *self = make_leaf(mem, NULL, shop);
    unsigned char *forged = arena_memdup(mem, p.leaf->der.data, p.leaf->der.len);
    const struct slice altered = slice_of(forged, p.leaf->der.len), leaf = p.leaf->der,
                       above = p.intermediate->der, root = p.root->der;
    /* clang-format off */
    const struct {
        const char *what;
        struct slice certs[3];
        size_t count;
        int64_t at;
        enum verify_verdict want;
        const char *reason;
    } rows[] = {
        {"whole chain",              {leaf, above},            2, FROM + DAY,             VERIFY_TRUSTED, ""},
        {"with the root in it",      {leaf, above, root},      3, FROM + DAY,             VERIFY_TRUSTED, ""},
        {"first second",             {leaf, above},            2, FROM,                   VERIFY_TRUSTED, ""},
        {"last second",              {leaf, above},            2, FROM + 90 * DAY - 1000, VERIFY_TRUSTED, ""},
        {"at notAfter",              {leaf, above},            2, FROM + 90 * DAY,        VERIFY_REFUSED, "certificate has expired"},
        {"a second before",          {leaf, above},            2, FROM - 1000,            VERIFY_REFUSED, "certificate is not yet valid"},
        {"no intermediate",          {leaf},                   1, FROM + DAY,             VERIFY_UNKNOWN_ROOT, "unable to get local issuer certificate"},
        {"self-signed",              {self->der},              1, FROM + DAY,             VERIFY_UNKNOWN_ROOT, "self-signed certificate"},
        {"outside the constraint",   {p.outside->der, above},  2, FROM + DAY,             VERIFY_REFUSED, "permitted subtree violation"},
        {"forged",                   {altered, above},          2, FROM + DAY,             VERIFY_REFUSED, "certificate signature failure"},
    };
    /* clang-format on */
    struct verify_roots *roots;
    struct err err = {0};

    (void)state;
    forged[p.leaf->der.len - 1] ^= 1;
    assert_true(verify_roots_read(
        mem, slice_str(test_pem_join(mem, p.other_root->pem, p.root->pem, NULL)), &roots, &err));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct verify_result got = verdict_on(mem, roots, rows[i].certs, rows[i].count, rows[i].at);

        ok(got.verdict == rows[i].want && strcmp(got.reason, rows[i].reason) == 0, "%s: %u \"%s\"",
           rows[i].what, got.verdict, got.reason);
    }
    all_ok();
}

static void test_which_root(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct pki p = make_pki(mem);
    struct slice certs[] = {p.leaf->der, p.intermediate->der};
    unsigned char digest[SHA256_SIZE];
    struct verify_roots *own, *other;
    struct verify_result got;
    struct err err = {0};

    (void)state;
    assert_true(verify_roots_read(mem, slice_str(p.root->pem), &own, &err));
    assert_true(verify_roots_read(mem, slice_str(p.other_root->pem), &other, &err));
    got = verdict_on(mem, own, certs, 2, FROM + DAY);
    hash_sha256(p.root->der, digest);
    ok(got.verdict == VERIFY_TRUSTED && memcmp(got.fingerprint, digest, SHA256_SIZE) == 0,
       "fingerprint of the root");
    ok(strcmp(got.root, "CN=Root") == 0, "subject of the root: %s", got.root);
    got = verdict_on(mem, other, certs, 2, FROM + DAY);
    ok(got.verdict == VERIFY_UNKNOWN_ROOT, "trusted by another root");
    all_ok();
}

static void test_loading(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct pki p = make_pki(mem);
    char path[] = "/tmp/latchkey-roots-XXXXXX";
    int fd = mkstemp(path);
    struct slice certs[] = {p.leaf->der, p.intermediate->der};
    struct verify_roots *roots;
    struct err err = {0};

    (void)state;
    assert_int_equal(write(fd, p.root->pem, strlen(p.root->pem)), strlen(p.root->pem));
    close(fd);
    assert_true(verify_roots_load(mem, path, &roots, &err));
    ok(verdict_on(mem, roots, certs, 2, FROM + DAY).verdict == VERIFY_TRUSTED, "from a file");
    unlink(path);
    ok(!verify_roots_load(mem, path, &roots, &err) && err.code == ERR_CONFIG &&
           strstr(err.text, "could not open /tmp/latchkey-roots-"),
       "%s", err.text);
    ok(!verify_roots_read(mem, slice_str("hello"), &roots, &err) &&
           strcmp(err.text, "the text has no certificate in PEM") == 0,
       "%s", err.text);
    ok(!verify_roots_read(mem, slice_of(p.root->pem, strlen(p.root->pem) - 10), &roots, &err) &&
           strcmp(err.text, "the text has a certificate that cannot be read") == 0,
       "%s", err.text);
    all_ok();
}

struct verifier {
    const struct verify_roots *roots;
    const struct slice *chain;
    pthread_barrier_t *all;
    enum verify_verdict verdict;
};

static void *verify_at_once(void *arg)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct verifier *verifier = arg;

    pthread_barrier_wait(verifier->all);
    verifier->verdict = verdict_on(mem, verifier->roots, verifier->chain, 2, FROM + DAY).verdict;
    return NULL;
}

static void verify_by_threads(const struct verify_roots *roots, const struct slice chain[2])
{
    struct verifier verifiers[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t all;

    pthread_barrier_init(&all, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        verifiers[i] = (struct verifier){.roots = roots, .chain = chain, .all = &all};
        pthread_create(&threads[i], NULL, verify_at_once, &verifiers[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ok(verifiers[i].verdict == VERIFY_TRUSTED, "thread %zu", i);
    }
    pthread_barrier_destroy(&all);
}

/* Threads share roots that nobody has verified with yet; ./test tsan says whether they may. */
static void test_threads(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct pki p = make_pki(mem);
    const struct slice chain[] = {p.leaf->der, p.intermediate->der};
    struct verify_roots *roots;
    struct err err;

    for (int i = 0; i < ROUNDS; i++) {
        assert_true(verify_roots_read(mem, slice_str(p.root->pem), &roots, &err));
        verify_by_threads(roots, chain);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_which_root),
        cmocka_unit_test(test_loading),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
