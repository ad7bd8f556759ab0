/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* authority_file: the files of the CA's authority (ca/authority.h), in its folder. What is read is
 * released with the arena. ERR_CONFIG. */
#include "base/arena.h"
#include "base/err.h"
#include "tls/handle.h"

#define CA_ROOT_FILE             "root.pem"
#define CA_OLD_ROOT_FILE         "old-root.pem"
#define CA_CROSS_FILE            "root-cross.pem"
#define CA_ROOTS_FILE            "roots.pem"
#define CA_ROOTS_CRL_FILE        "roots-crl.pem"
#define CA_INTERMEDIATE_FILE     "intermediate.pem"
#define CA_INTERMEDIATE_KEY_FILE "intermediate.key"
#define CA_SERVICE_FILE          "service.pem"
#define CA_SERVICE_KEY_FILE      "service.key"
#define CA_AUTHORITY_FILE_MAX    (1u << 20)

/* The first certificate of the file; *out = NULL when there is no such file. */
MUST_CHECK bool ca_authority_read_cert(struct arena *mem, const char *dir, const char *name,
                                       X509 **out, struct err *err);
MUST_CHECK bool ca_authority_read_key(struct arena *mem, const char *dir, const char *name,
                                      EVP_PKEY **out, struct err *err);
MUST_CHECK bool ca_authority_write_cert(struct arena *mem, const char *dir, const char *name,
                                        X509 *cert, struct err *err);
/* Mode 0400. */
MUST_CHECK bool ca_authority_write_key(struct arena *mem, const char *dir, const char *name,
                                       const EVP_PKEY *key, struct err *err);
/* In front of what is in a file of several (CA_ROOTS_FILE, CA_ROOTS_CRL_FILE). */
MUST_CHECK bool ca_authority_prepend(struct arena *mem, const char *dir, const char *name,
                                     const char *pem, struct err *err);

/* Released with the arena. */
EVP_PKEY *ca_key_keep(struct arena *mem, EVP_PKEY *key);
