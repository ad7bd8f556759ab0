/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * wire: one HTTP/1.1 connection of the loader to a CA, kept open from request to request: over a
 * Unix socket, or over TLS to a port of 127.0.0.1.
 */
#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

#define WIRE_ANSWER_MAX (256 * 1024)

/* Where the CA is; shared by all connections. */
struct wire_place {
    const char *socket; /* NULL: TLS */
    uint16_t port;
    SSL_CTX *tls;
    int64_t timeout_ms; /* without an octet of an answer */
};

struct wire {
    const struct wire_place *place;
    int fd; /* -1: closed */
    SSL *ssl;
};

struct wire_answer {
    int status;
    const char *head;     /* status line and headers */
    struct slice body;    /* with a NUL behind it */
    const char *location; /* NULL when the header is not there, as below */
    const char *nonce;
};

/* A TLS context that trusts the certificates in `ca_file` alone. */
MUST_CHECK bool wire_tls(const char *ca_file, SSL_CTX **out, struct err *err);

void wire_close(struct wire *wire);
/* Connects where there is no connection. ERR_NET: it failed, or broke off; ERR_TIMEOUT: no answer
 * in time. The connection is closed then, and whether the request was served is not known. */
MUST_CHECK bool wire_exchange(struct wire *wire, struct arena *mem, struct slice request,
                              struct wire_answer *out, struct err *err);
