/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * verify: does a chain lead to a root of a given file, at a given time? The time is always explicit
 * (clock_now()), so that it follows the movable clock; the system's trust store is never used.
 * A `struct verify_roots` is immutable and may be shared between threads.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

#define VERIFY_FILE_MAX (4u << 20) /* octets of a file of roots */

struct verify_roots;

enum verify_verdict {
    VERIFY_TRUSTED,      /* every signature, time, constraint and the purpose hold, up to a root */
    VERIFY_UNKNOWN_ROOT, /* the chain ends outside the given roots */
    VERIFY_REFUSED       /* expired, not yet valid, bad signature, name constraint, ... */
};

struct verify_result {
    enum verify_verdict verdict;
    char reason[128];              /* OpenSSL's, in lower case; "" when trusted */
    unsigned char fingerprint[32]; /* SHA-256 of the root's DER, when trusted */
    char root[128];                /* the root's subject as one line, cut to fit, likewise */
};

/* A PEM file with at least one certificate. The roots are freed with the arena. ERR_CONFIG. */
MUST_CHECK bool verify_roots_load(struct arena *mem, const char *path, struct verify_roots **out,
                                  struct err *err);
/* The certificates of all files together; at least one file. */
MUST_CHECK bool verify_roots_load_all(struct arena *mem, const char *const *paths, size_t count,
                                      struct verify_roots **out, struct err *err);
MUST_CHECK bool verify_roots_read(struct arena *mem, struct slice pem, struct verify_roots **out,
                                  struct err *err);

/* For TLS server use. Host names are not checked: see chain_covers(). */
struct chain;
struct verify_result verify_chain(const struct verify_roots *roots, const struct chain *chain,
                                  int64_t at);
