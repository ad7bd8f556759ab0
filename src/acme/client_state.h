/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* client_state: what an acme_client holds; for the files of this folder only. */
#include <pthread.h>

#include "acme/client.h"
#include "acme/nonce.h"
#include "tls/issuers.h"

#define ACME_CONNECTIONS_MAX 32 /* idle ones that are kept; more are made and closed at need */

struct acme_client {
    struct arena *mem; /* texts of the options */
    struct acme_options options;
    const char *origin; /* of the directory's URL */
    struct acme_nonces *nonces;
    struct issuers *issuers; /* of certificates that were fetched */
    pthread_mutex_t lock;    /* of all below */
    struct http_client *idle[ACME_CONNECTIONS_MAX];
    size_t idle_count;
    char *directory; /* JSON text, or NULL; malloc */
    size_t directory_len;
    int64_t directory_at; /* clock_boot_ms() of its arrival */
};

/* A connection for one request of this thread; given back, it stays open for the next one. */
MUST_CHECK bool acme_client_borrow(struct acme_client *client, struct http_client **out,
                                   struct err *err);
void acme_client_give_back(struct acme_client *client, struct http_client *http);
