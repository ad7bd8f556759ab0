/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "base/hash.h"
#include "ca/jws.h"
#include "ca/key_cache.h"
#include "ca/signature.h"
#include "check.h"
#include "jws_maker.h"

struct client {
    json_t *key;
    struct ca_account account;
    const char *body; /* signed by it */
};

static struct client make(struct arena *mem, const char *alg)
{
    struct client client = {.key = maker_key(mem, alg)};
    struct ca_problem problem;
    struct ca_jwk jwk;

    assert_true(ca_jwk_read(mem, maker_public(mem, client.key), &jwk, &problem));
    client.account = (struct ca_account){.key_hash = jwk.key_hash, .jwk = ca_jwk_text(mem, &jwk)};
    client.body =
        maker_sign(mem, client.key,
                   arena_printf(mem, "{\"alg\":\"%s\",\"kid\":\"k\",\"nonce\":\"n\"}", alg), "{}");
    return client;
}

static bool verifies(struct arena *mem, struct ca_key_cache *cache,
                     const struct ca_account *account, const char *body)
{
    struct ca_problem problem;
    struct ca_jws jws;
    struct ca_jwk jwk;
    struct err err;

    assert_true(ca_key_cache_get(mem, cache, account, &jwk, &err));
    assert_true(ca_jws_parse(mem, slice_str(body), &jws, &problem));
    assert_string_equal(jwk.key_hash, account->key_hash);
    return ca_jws_verify(&jws, &jwk, &problem);
}

/* Each key is its own account's, kept or not: with more accounts than places. */
static void test_every_account_has_its_key(void **state)
{
    static const char *const algs[] = {"ES256", "ES384", "RS256"};
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_key_cache *cache = ca_key_cache_new();
    struct client clients[ARRAY_LEN(algs)];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algs); i++)
        clients[i] = make(mem, algs[i]);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
            for (size_t k = 0; k < ARRAY_LEN(algs); k++)
                ok(verifies(mem, cache, &clients[i].account, clients[k].body) == (i == k),
                   "round %d: key of %s, signature of %s", round, algs[i], algs[k]);
        }
    }
    ca_key_cache_free(cache);
    all_ok();
}

/* Two keys with the same place drive each other out, and neither is taken for the other. */
static void test_one_place(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_key_cache *cache = ca_key_cache_new();
    struct client one = make(mem, "ES256"), other = make(mem, "ES256");
    char hash[CA_KEY_HASH_LEN + 1];

    (void)state;
    snprintf(hash, sizeof(hash), "%.4s%s", one.account.key_hash, other.account.key_hash + 4);
    other.account.key_hash = hash;
    for (int i = 0; i < 3; i++) {
        ok(verifies(mem, cache, &one.account, one.body), "one");
        ok(!verifies(mem, cache, &one.account, other.body), "one, by the other's key");
        ok(verifies(mem, cache, &other.account, other.body), "other");
        ok(!verifies(mem, cache, &other.account, one.body), "other, by one's key");
    }
    ca_key_cache_free(cache);
    all_ok();
}

/* What is kept is found without reading the text again; a hash that is none is never kept. */
static void test_what_is_kept(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_key_cache *cache = ca_key_cache_new();
    struct client client = make(mem, "ES256");
    struct ca_account lost = client.account;
    struct ca_jwk first, again;
    struct err err;

    (void)state;
    assert_true(ca_key_cache_get(mem, cache, &client.account, &first, &err));
    client.account.jwk = "not read";
    assert_true(ca_key_cache_get(mem, cache, &client.account, &again, &err));
    assert_string_equal(first.thumbprint, again.thumbprint);
    assert_ptr_equal(first.key, again.key);
    lost.key_hash = arena_printf(mem, "lost 1 %s", lost.key_hash);
    assert_true(ca_key_cache_get(mem, cache, &lost, &first, &err));
    lost.jwk = "{}";
    assert_false(ca_key_cache_get(mem, cache, &lost, &again, &err));
    assert_string_equal(err.text, "the stored account key is not a JWK");
    ca_key_cache_free(cache);
}

struct crowd {
    struct ca_key_cache *cache;
    const struct client *clients;
    size_t count;
    int failed;
};

static void *use_often(void *arg)
{
    struct crowd *crowd = arg;

    for (size_t i = 0; i < 200; i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const struct client *client = &crowd->clients[i % crowd->count];

        crowd->failed += !verifies(mem, crowd->cache, &client->account, client->body);
    }
    return NULL;
}

/* Threads that use the same keys, and drive each other's out. */
static void test_threads(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_key_cache *cache = ca_key_cache_new();
    struct client clients[] = {make(mem, "ES256"), make(mem, "ES256"), make(mem, "ES384")};
    struct crowd crowds[6];
    pthread_t threads[6];
    char hash[CA_KEY_HASH_LEN + 1];

    (void)state;
    snprintf(hash, sizeof(hash), "%.4s%s", clients[0].account.key_hash,
             clients[1].account.key_hash + 4);
    clients[1].account.key_hash = hash;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        crowds[i] = (struct crowd){cache, clients, ARRAY_LEN(clients), 0};
        pthread_create(&threads[i], NULL, use_often, &crowds[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
        ok(crowds[i].failed == 0, "thread %zu: %d failed", i, crowds[i].failed);
    }
    ca_key_cache_free(cache);
    all_ok();
}

/* A good signature that is cut or has an octet more is none, and neither are numbers out of range.
 */
static void test_shapes_of_signatures(void **state)
{
    static const ptrdiff_t extras[] = {-64, -1, 0, 1, 64};
    static const unsigned char fills[] = {0x00, 0xff};
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct client clients[] = {make(mem, "ES256"), make(mem, "ES384"), make(mem, "RS256")};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        unsigned char octets[512] = {0};
        struct ca_problem problem;
        struct ca_jws jws;
        struct ca_jwk jwk;
        struct err err;

        assert_true(ca_jwk_parse(mem, clients[i].account.jwk, &jwk, &err));
        assert_true(ca_jws_parse(mem, slice_str(clients[i].body), &jws, &problem));
        memcpy(octets, jws.signature.data, jws.signature.len);
        for (size_t k = 0; k < ARRAY_LEN(extras); k++) {
            size_t len = jws.signature.len + (size_t)extras[k];

            ok(ca_signature_is_good(jwk.key, jwk.alg, jws.signed_texts, slice_of(octets, len)) ==
                   (extras[k] == 0),
               "%s: %+td octets", ca_alg_name(jwk.alg), extras[k]);
        }
        for (size_t k = 0; k < ARRAY_LEN(fills); k++) {
            memset(octets, fills[k], sizeof(octets));
            ok(!ca_signature_is_good(jwk.key, jwk.alg, jws.signed_texts,
                                     slice_of(octets, jws.signature.len)),
               "%s: all %02x", ca_alg_name(jwk.alg), fills[k]);
        }
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_account_has_its_key),
        cmocka_unit_test(test_one_place),
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_shapes_of_signatures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
