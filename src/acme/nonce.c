/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/nonce.h"

#include <pthread.h>

struct nonce {
    int64_t at;
    char text[ACME_NONCE_SIZE];
};

/* A ring: `count` nonces from `first` on, oldest first. */
struct acme_nonces {
    pthread_mutex_t lock;
    size_t first, count;
    struct nonce ring[ACME_NONCE_POOL];
};

struct acme_nonces *acme_nonces_new(void)
{
    struct acme_nonces *pool = calloc(1, sizeof(*pool));

    if (!pool) {
        fputs("out of memory\n", stderr);
        abort();
    }
    pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

void acme_nonces_free(struct acme_nonces *pool)
{
    if (!pool)
        return;
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static bool is_base64url(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = s.data[i];

        if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_')
            return false;
    }
    return s.len > 0;
}

bool acme_nonce_read(struct slice value, char out[ACME_NONCE_SIZE])
{
    if (value.len >= ACME_NONCE_SIZE || !is_base64url(value))
        return false;
    memcpy(out, value.data, value.len);
    out[value.len] = '\0';
    return true;
}

void acme_nonces_put(struct acme_nonces *pool, struct slice nonce, int64_t now)
{
    struct nonce *slot, fresh = {.at = now};

    if (!acme_nonce_read(nonce, fresh.text))
        return;
    pthread_mutex_lock(&pool->lock);
    slot = &pool->ring[(pool->first + pool->count) % ACME_NONCE_POOL];
    if (pool->count == ACME_NONCE_POOL)
        pool->first = (pool->first + 1) % ACME_NONCE_POOL;
    else
        pool->count++;
    *slot = fresh;
    pthread_mutex_unlock(&pool->lock);
}

bool acme_nonces_take(struct acme_nonces *pool, int64_t now, char out[ACME_NONCE_SIZE])
{
    const struct nonce *newest;
    bool is_found = false;

    pthread_mutex_lock(&pool->lock);
    if (pool->count > 0) {
        newest = &pool->ring[(pool->first + pool->count - 1) % ACME_NONCE_POOL];
        is_found = now - newest->at <= ACME_NONCE_AGE_MS;
        if (is_found)
            memcpy(out, newest->text, sizeof(newest->text));
        /* With the newest too old, all are. */
        pool->count = is_found ? pool->count - 1 : 0;
    }
    pthread_mutex_unlock(&pool->lock);
    return is_found;
}
