/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ca: the sandbox CA, an ACME server (RFC 8555) that behaves as Let's Encrypt does, for names under
 * .test, .example, .invalid, .localhost and a list of the operator's (R45). It listens on a Unix
 * socket; nginx in front of it speaks TLS. Everything it promised is in its own database.
 *
 * Certificates of it are worth nothing outside the machine that trusts its root.
 */
#include "ca/authority.h"

/* Whether accounts are bound to an external one (RFC 8555 section 7.3.4). */
enum ca_binding {
    CA_BINDING_NONE, /* what a client sends is not looked at, as with Let's Encrypt */
    CA_BINDING_OPTIONAL,
    CA_BINDING_REQUIRED
};

struct ca_options {
    const char *dir;    /* keys, roots, ca.db; its parent must exist */
    const char *socket; /* Unix socket, mode 0660 */
    const char
        *public_url;      /* "https://host[:port]", no final slash: what all its URLs begin with */
    const char *resolver; /* "127.0.0.1@8053": the only place that is asked */
    uint16_t http_port;   /* http-01 connects there, and may be redirected to both; 0 = 80, 443 */
    uint16_t https_port;
    const char *const *permitted; /* suffixes beyond the four; what init was given */
    size_t permitted_count;
    const char *const *forbidden; /* names that are refused by policy, and all below them */
    size_t forbidden_count;
    const char *const *reachable; /* prefixes ("127.0.0.0/8") that validation may connect to */
    size_t reachable_count;       /* beyond public addresses */
    const struct ca_own_profile *profiles; /* beside Let's Encrypt's; see ca/profile.h */
    size_t profile_count;
    const char *caa_identity; /* what CAA records call it */
    const char *limits;       /* "none", "letsencrypt" or a file: see ca/limit_file.h */
    enum ca_binding binding;
    bool reuses_authorizations;    /* of the same account, name and profile while they are valid */
    int64_t retry_after_s;         /* on processing orders; 0 = no header */
    unsigned handlers, validators; /* threads; 0 = 16, 32 */
};

/* Above these an answer is 503, and the next try a matter of a second. Connections: see
 * ca/descriptors.h; what is remembered of addresses: ca/request_limit.h; of keys: ca/key_cache.h.
 */
#define CA_REQUESTS_MAX    1024 /* waiting for one of the handlers */
#define CA_VALIDATIONS_MAX 4096 /* waiting or running */
#define CA_ISSUES_MAX      4096

#define CA_RETRY_AFTER_S 1 /* the default; Let's Encrypt says 3 */

/* ca_authority_init() for these options. */
MUST_CHECK bool ca_init(struct arena *mem, const struct ca_options *options,
                        struct ca_authority_report *out, struct err *err);

struct ca;

/* Calls ca_init(), migrates ca.db, takes up what a killed one left, and serves until ca_stop().
 * What `options` points to must live as long. ERR_CONFIG, ERR_STORE. */
MUST_CHECK bool ca_start(const struct ca_options *options, struct ca **out, struct err *err);
void ca_stop(struct ca *ca); /* NULL is fine */
static inline void ca_stopp(struct ca **ca)
{
    ca_stop(*ca);
}
