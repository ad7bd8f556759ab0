/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * handshake: a TLS handshake for tls-alpn-01 (RFC 8737): TLS 1.2 or later, the name as SNI, and
 * "acme-tls/1" as the only protocol. The certificate is not verified; nothing is said or asked over
 * the connection. The address is the caller's, and no other is connected to.
 */
#include <openssl/x509.h>

#include "ca/problem.h"
#include "net/address.h"

#define CA_ALPN_PROTOCOL "acme-tls/1"

struct ca_handshake {
    const char *name;
    struct address address;
    uint16_t port;
    int64_t timeout_ms; /* of all of it */
};

struct ca_handshake_result {
    enum ca_problem_type type; /* connection, tls or malformed, when it failed */
    const char *reason;        /* Boulder's words; NULL: it was completed */
    X509 *leaf;                /* of the arena; NULL: none was shown */
    bool has_protocol;         /* the server speaks it */
};

/* Blocks. */
void ca_handshake(struct arena *mem, const struct ca_handshake *wish,
                  struct ca_handshake_result *out);
