/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * issuers: certificates of a CA above its leaves, parsed. A CA sends the same ones with each leaf,
 * and OpenSSL takes longer to parse one than to do all else with it. ISSUERS_MAX at most are kept,
 * the oldest gives way. May be shared between threads.
 */
#include "base/slice.h"

struct x509_st; /* OpenSSL's X509 */
struct issuers;

#define ISSUERS_MAX 8

struct issuers *issuers_new(void);
void issuers_free(struct issuers *issuers);

/* The certificate of exactly these octets, with a reference of the caller's; NULL when there is
 * none. */
struct x509_st *issuers_find(struct issuers *issuers, struct slice der);
/* With a reference of its own, and the octets copied. */
void issuers_keep(struct issuers *issuers, struct slice der, struct x509_st *cert);
