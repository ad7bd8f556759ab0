/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* certs: certificates and keys made for tests, of any shape. Everything lives in the arena. */
#include "base/arena.h"
#include "base/slice.h"
#include "tls/handle.h"

struct test_cert {
    X509 *cert;
    EVP_PKEY *key;
    struct slice der;
    const char *pem, *key_pem;
};

struct test_cert_wish {
    const char *cn;
    const char *const *names;       /* dNSNames, ended by NULL; or NULL for no SAN */
    const struct test_cert *issuer; /* NULL: self-signed */
    EVP_PKEY *key;                  /* NULL: a new P-256 key; else taken over */
    const char *permitted;          /* DNS name constraint of a CA, or NULL */
    struct slice subject_octets;    /* put into the subject before the key, as they are */
    const char *serial;             /* hex; NULL: 20 random octets */
    int64_t not_before, not_after;  /* unix ms */
    size_t padding;                 /* octets in an extension of no meaning */
    bool is_ca;
};

struct test_cert *test_cert_make(struct arena *mem, const struct test_cert_wish *wish);
/* The PEM texts one after another; ended by NULL. */
const char *test_pem_join(struct arena *mem, ...);
