/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* directory: what the CA offers and where (RFC 8555 section 7.1.1). */
#include "acme/client.h"

#define ACME_PROFILES_MAX 32
/* octets of a name; one that is longer is not offered to the caller */
#define ACME_PROFILE_MAX 64

struct acme_profile {
    const char *name;        /* printable, without space */
    const char *description; /* text or the URL of a page, printable */
};

struct acme_directory {
    const char *new_nonce, *new_account, *new_order; /* always there */
    const char *revoke_cert, *key_change;            /* NULL where the CA has none */
    const char *new_authz;                           /* the same */
    const char *renewal_info;                        /* RFC 9773; the same */
    const char *terms_of_service, *website;          /* printable, "" where the CA has none */
    bool is_external_account_required;
    const char *const *caa_identities;
    size_t caa_identity_count;
    const struct acme_profile *profiles;
    size_t profile_count;
};

/* The client's copy, fetched when there is none or it is older than an hour; call->account may be
 * NULL. The calls of the other headers use this one by themselves. */
MUST_CHECK bool acme_directory(struct arena *mem, const struct acme_call *call,
                               struct acme_directory **out, struct err *err);
/* Whether an order may name this profile. One that the CA does not offer is refused
 * (invalidProfile), or passed over by a CA that has no profiles at all. */
bool acme_directory_has_profile(const struct acme_directory *directory, const char *name);
/* The next call fetches it again: after invalidProfile, or when an operator asks. */
void acme_directory_forget(struct acme_client *client);
