/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * walk: one order of one name from newOrder to the certificate, by the fewest requests: newOrder,
 * authorization, challenge, order until ready, finalize, order until valid, certificate. Whatever
 * the CA has answered with 200 or 201 is a promise; that it forgot one, or took a step back, is
 * counted as broken.
 */
#include <pthread.h>

#include "base/hash.h"
#include "client.h"

#define WALK_NAME_MAX 128

/* An account, made by the first order that needs it. */
struct walk_account {
    pthread_mutex_t lock;
    struct signing_key key;
    const char *kid; /* NULL: not made yet */
};

/* What came of an order; the texts are in the arena of its thread. */
struct walk_promise {
    struct walk_account *account;
    const char *order, *authorization, *certificate; /* URLs; NULL: not reached */
    unsigned char digest[SHA256_SIZE];               /* of the certificate as it was given out */
};

struct walk {
    struct client *client;
    struct arena *mem; /* of the thread: what promises point to */
    const struct signing_csr *csr;
    int64_t poll_ms;     /* the first pause, doubled each time up to WALK_POLL_MAX_MS */
    int64_t patience_ms; /* for an order to get on */
    bool is_placed_only; /* newOrder and no more */
};
#define WALK_POLL_MAX_MS 100

/* `name` is as long as the one that the CSR was prepared for. False: failed, which is counted. */
bool walk_order(const struct walk *walk, struct walk_account *account, const char *name,
                struct walk_promise *out);
/* Asks for everything that was promised once more, and counts what is kept and what is broken. */
void walk_verify(const struct walk *walk, const struct walk_promise *promise);
