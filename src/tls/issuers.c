/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/issuers.h"

#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>

struct kept {
    unsigned char *der;
    size_t len;
    X509 *cert;
};

struct issuers {
    pthread_mutex_t lock; /* of all below */
    struct kept items[ISSUERS_MAX];
    size_t next; /* which item the next one takes the place of */
};

struct issuers *issuers_new(void)
{
    struct issuers *issuers = calloc(1, sizeof(*issuers));

    if (!issuers)
        abort(); /* out of memory */
    pthread_mutex_init(&issuers->lock, NULL);
    return issuers;
}

static void forget(struct kept *kept)
{
    X509_free(kept->cert);
    free(kept->der);
    *kept = (struct kept){0};
}

void issuers_free(struct issuers *issuers)
{
    if (!issuers)
        return;
    for (size_t i = 0; i < ISSUERS_MAX; i++)
        forget(&issuers->items[i]);
    pthread_mutex_destroy(&issuers->lock);
    free(issuers);
}

/* The lock is held. */
static X509 *find(const struct issuers *issuers, struct slice der)
{
    for (size_t i = 0; i < ISSUERS_MAX; i++) {
        const struct kept *kept = &issuers->items[i];

        if (kept->cert && slice_eq(slice_of(kept->der, kept->len), der))
            return kept->cert;
    }
    return NULL;
}

X509 *issuers_find(struct issuers *issuers, struct slice der)
{
    X509 *cert;

    pthread_mutex_lock(&issuers->lock);
    cert = find(issuers, der);
    if (cert)
        X509_up_ref(cert);
    pthread_mutex_unlock(&issuers->lock);
    return cert;
}

void issuers_keep(struct issuers *issuers, struct slice der, X509 *cert)
{
    struct kept kept = {.der = malloc(der.len), .len = der.len, .cert = cert};

    if (!kept.der)
        abort(); /* out of memory */
    memcpy(kept.der, der.data, der.len);
    X509_up_ref(cert);
    /* OpenSSL works out what its extensions say when it needs it first: before threads share it. */
    (void)X509_check_purpose(cert, -1, 0);
    pthread_mutex_lock(&issuers->lock);
    if (!find(issuers, der)) {
        struct kept old = issuers->items[issuers->next];

        issuers->items[issuers->next] = kept;
        issuers->next = (issuers->next + 1) % ISSUERS_MAX;
        kept = old;
    }
    pthread_mutex_unlock(&issuers->lock);
    forget(&kept);
}
