/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/key_cache.h"

#include <pthread.h>

#include "base/hash.h"

#define DIGITS 4 /* of a hash, that say which place it has */

struct place {
    char key_hash[CA_KEY_HASH_LEN + 1];
    char thumbprint[CA_THUMBPRINT_LEN + 1];
    enum ca_alg alg;
    EVP_PKEY *key; /* NULL: free */
};

/* Each hash has one place; the last key that came to it has it. */
struct ca_key_cache {
    pthread_mutex_t lock;
    struct place places[CA_KEYS_KEPT];
};

struct ca_key_cache *ca_key_cache_new(void)
{
    struct ca_key_cache *cache = calloc(1, sizeof(*cache));

    if (!cache)
        abort();
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void ca_key_cache_free(struct ca_key_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < CA_KEYS_KEPT; i++)
        EVP_PKEY_free(cache->places[i].key);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* NULL: not a hash, as of a lost account. */
static struct place *place_of(struct ca_key_cache *cache, const char *key_hash)
{
    size_t at = 0;

    if (strlen(key_hash) != CA_KEY_HASH_LEN)
        return NULL;
    for (size_t i = 0; i < DIGITS; i++) {
        int digit = hex_digit((unsigned char)key_hash[i]);

        if (digit < 0)
            return NULL;
        at = 16 * at + (size_t)digit;
    }
    return &cache->places[at % CA_KEYS_KEPT];
}

static bool find(struct arena *mem, struct ca_key_cache *cache, const struct place *place,
                 const char *key_hash, struct ca_jwk *out)
{
    bool is_there;

    pthread_mutex_lock(&cache->lock);
    is_there = place->key && strcmp(place->key_hash, key_hash) == 0;
    if (is_there)
        *out = (struct ca_jwk){.alg = place->alg,
                               .key = ca_jwk_keep(mem, place->key),
                               .thumbprint = arena_strdup(mem, place->thumbprint),
                               .key_hash = key_hash};
    pthread_mutex_unlock(&cache->lock);
    return is_there;
}

static void keep(struct ca_key_cache *cache, struct place *place, const struct ca_jwk *jwk)
{
    EVP_PKEY *former;

    EVP_PKEY_up_ref(jwk->key);
    pthread_mutex_lock(&cache->lock);
    former = place->key;
    *place = (struct place){.alg = jwk->alg, .key = jwk->key};
    snprintf(place->key_hash, sizeof(place->key_hash), "%s", jwk->key_hash);
    snprintf(place->thumbprint, sizeof(place->thumbprint), "%s", jwk->thumbprint);
    pthread_mutex_unlock(&cache->lock);
    EVP_PKEY_free(former);
}

bool ca_key_cache_get(struct arena *mem, struct ca_key_cache *cache,
                      const struct ca_account *account, struct ca_jwk *out, struct err *err)
{
    struct place *place = place_of(cache, account->key_hash);
    struct ca_jwk jwk;

    if (place && find(mem, cache, place, account->key_hash, out))
        return true;
    if (!ca_jwk_parse(mem, account->jwk, &jwk, err))
        return false;
    jwk.json = NULL;
    jwk.key_hash = account->key_hash;
    if (place)
        keep(cache, place, &jwk);
    *out = jwk;
    return true;
}
