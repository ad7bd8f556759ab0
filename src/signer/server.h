/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * server: answers requests (signer/protocol.h) with a keyring, one at a time, until it is told to
 * stop. Stateless: a request depends on the keyring, the configured CAs and itself alone.
 */
#include "base/err.h"
#include "base/secret.h"
#include "signer/keyring.h"

/* A CA whose URLs may be signed for. */
struct signer_ca {
    const char *id, *directory;      /* directory: https://host[:port]/path */
    const char *eab_kid;             /* NULL: no external account binding */
    const struct secret *eab_secret; /* the HMAC key, decoded */
};

/* A zone whose updates are signed (RFC 8945). */
struct signer_zone {
    const char *name;
    bool is_sha512;              /* else SHA-256 */
    const struct secret *secret; /* the TSIG key, decoded; NULL: the zone has none */
};

struct signer_server {
    const struct keyring *keys;
    const struct signer_ca *cas;
    size_t ca_count;
    const struct signer_zone *zones;
    size_t zone_count;
};

#define SIGNER_CONNECTION_MAX 64

/* Answers one inherited SOCK_SEQPACKET connection until `stop_fd` is readable or no other end is
 * left. Closes neither. */
MUST_CHECK bool signer_serve_fd(const struct signer_server *server, int fd, int stop_fd,
                                struct err *err);

/* Listens at `path` (mode 0600; a dead socket there is replaced, a live one is an error) and
 * answers up to SIGNER_CONNECTION_MAX connections of the own user (SO_PEERCRED) until `stop_fd` is
 * readable; then removes the path. */
MUST_CHECK bool signer_serve_path(const struct signer_server *server, const char *path, int stop_fd,
                                  struct err *err);

/* Gives up what a signer does not need, for this process: core dumps, ptrace, sockets of any other
 * family than AF_UNIX, starting programs. Memory is locked when the limits allow it. ERR_SIGNER
 * when the kernel refuses one of the first three. */
MUST_CHECK bool signer_harden(struct err *err);
