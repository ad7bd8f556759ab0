/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * client: signed requests of one thread of the loader, with the nonce of the last answer, asked
 * again where the CA asks for it (badNonce, 429, 503) or, within the loader's patience, has gone
 * away.
 */
#include "meter.h"
#include "signing.h"
#include "wire.h"

#define CLIENT_NONCE_MAX 255

/* The CA, as all threads know it. */
struct client_site {
    struct wire_place place;
    const char *new_nonce, *new_account, *new_order; /* URLs, of its directory */
    int64_t patience_ms;                             /* with a CA that cannot be reached; 0: none */
};

struct client {
    const struct client_site *site;
    struct wire wire;
    char nonce[CLIENT_NONCE_MAX + 1]; /* "": none */
    struct meter meter;
};

/* Reads the directory at `url` into out->new_...; `place` and `patience_ms` are there. */
MUST_CHECK bool client_discover(struct arena *mem, const char *url, struct client_site *out,
                                struct err *err);

struct client client_make(const struct client_site *site);

struct client_request {
    enum meter_step step;
    const struct signing_key *key;
    const char *kid; /* NULL: signed by the bare key */
    const char *url;
    const char *payload; /* "": POST-as-GET */
};

/* What the CA said in the end, whatever its status. *is_repeated: it may have been served before,
 * with an answer that was lost. */
MUST_CHECK bool client_post(struct client *client, struct arena *mem,
                            const struct client_request *request, struct wire_answer *out,
                            bool *is_repeated, struct err *err);
