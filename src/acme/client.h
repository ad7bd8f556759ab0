/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * client: an ACME client (RFC 8555) for one CA. It holds the CA's directory, its connections and a
 * pool of nonces, and no key: every request is signed by the callback of the caller.
 *
 * Each function of the library is one step of the protocol: one signed request and its answer
 * (plus retries for badNonce, and newNonce when the pool is empty). Nothing is polled and nothing
 * sleeps: the caller stores what it got and comes back at `retry_at`.
 *
 * - directory.h: what the CA offers
 * - account.h: from newAccount to its end
 * - order.h: newOrder, order, finalize
 * - authorization.h: authorization and challenge; challenge.h: what a challenge is answered by
 * - certificate.h: the chain, revocation
 * - ari.h: when to renew (RFC 9773)
 * - problem.h: what a failure means: whose it is, whether it is final, what to do next
 *
 * One client may be used by many threads at once. All results live in the caller's arena. All that
 * the CA sends is bounded and checked: sizes (ACME_..._MAX), URLs (https, or of the same origin as
 * the directory), states (an unknown one is ERR_CA_PROTOCOL). Its texts are made printable.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "net/http_client.h"

#define ACME_URL_MAX       1024         /* characters of any URL from the CA */
#define ACME_TEXT_MAX      2048         /* octets of any text from the CA that people get to see */
#define ACME_NAMES_MAX     100          /* identifiers or authorizations of an order */
#define ACME_JSON_SIZE_MAX (256 * 1024) /* octets of a JSON answer */

#define ACME_NONCE_TRIES 20 /* sendings of one request that the CA answers by badNonce */

/* For whom a request is made. A record of the caller; the library copies nothing of it. */
struct acme_account {
    const void *key; /* handle of the account key: handed to the sign callback, never looked into */
    const char *alg; /* JWS algorithm of that key, "ES256" */
    const char *jwk; /* public key as a JWK in JSON text; needed where there is no url yet, and to
                        change the key */
    const char *url; /* the account's URL at the CA ("kid"); NULL before newAccount */
};

/* What a CA that knows its customers has handed out to one (RFC 8555 7.3.4). */
struct acme_binding {
    const void *key;    /* handle of the MAC key, for the sign callback */
    const char *alg;    /* "HS256" */
    const char *key_id; /* as the CA gave it */
};

/* What a signature is for. */
enum acme_purpose {
    ACME_SIGN_REQUEST,    /* a request: header alg, nonce, url and kid or jwk (RFC 8555 6.2) */
    ACME_SIGN_BINDING,    /* an external account binding, by its MAC key: alg, kid, url; the payload
                             is the account's JWK (7.3.4) */
    ACME_SIGN_KEY_CHANGE, /* by the account's new key: alg, jwk, url; the payload names the account
                             and its old JWK (7.3.5) */
};

struct acme_sign_request {
    enum acme_purpose purpose;
    const void *key;                    /* handle of the key that signs, as the caller gave it */
    const struct acme_account *account; /* whom it is for; for a key change, with its old key */
    const char *url;                    /* the one in the header */
    const char *protected_header;       /* JSON text */
    struct slice payload;               /* before base64url; empty for POST-as-GET */
};

/* Writes the flattened JWS JSON serialization (RFC 7515 7.2.2) of header and payload into mem. The
 * purpose may be ignored: header and payload are whole. Called from any thread that uses the
 * client. An error of it ends the call and is handed on unchanged. */
typedef bool (*acme_sign_fn)(void *arg, struct arena *mem, const struct acme_sign_request *want,
                             const char **jws, struct err *err);

struct acme_options {
    /* The first three are needed; sign, where something is signed. */
    const char *name; /* what people call this CA; in every error text */
    const char
        *directory_url;     /* https, or http (then all of the CA's URLs may be of that origin) */
    const char *user_agent; /* product/version (RFC 8555 6.1) */
    int timeout_ms;         /* of one request as a whole; 0 = HTTP_TOTAL_MS */
    /* Of the connections. policy NULL = every address that is reachable on the internet; without
     * resolve (see acme/resolve.h) the CA's host must be an address or localhost. */
    struct http_client_options http;
    acme_sign_fn sign;
    void *sign_arg;
};

struct acme_client;
struct acme_problem;

/* Makes no request. The texts are copied; what `http` points at must live as long as the client and
 * bear use by many threads. ERR_CONFIG: an option that is needed is NULL, or a URL or file cannot
 * be used. */
MUST_CHECK bool acme_client_new(const struct acme_options *options, struct acme_client **out,
                                struct err *err);
void acme_client_free(struct acme_client *client);
static inline void acme_client_freep(struct acme_client **client)
{
    acme_client_free(*client);
}

/* The context of one or more calls, in one thread. */
struct acme_call {
    struct acme_client *client;
    const struct acme_account *account; /* who signs; may be NULL where nothing is signed */
    struct acme_problem *problem;       /* optional: of the last call, ACME_PROBLEM_NONE when it
                                           succeeded; see problem.h */
};
