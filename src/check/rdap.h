/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * rdap: asks registries about domains (RFC 7480-7484), over https, and remembers what they said.
 *
 * Registries let nobody ask often: what is good is remembered for RDAP_GOOD_MS, what is not for
 * RDAP_BAD_MS, and that there was no answer for RDAP_FAILED_MS. A server that fails, or says when
 * to come back, is left alone until then; after RDAP_BURST questions it gets RDAP_EACH_S a second.
 * What may not be asked just now is not known just now: nobody waits. May be used by many threads.
 */
#include "check/reach.h"
#include "check/registration.h"
#include "dns/resolver.h"

#define RDAP_GOOD_MS       (INT64_C(12) * 3600 * 1000)
#define RDAP_BAD_MS        (INT64_C(30) * 60 * 1000) /* not registered, held, expired */
#define RDAP_FAILED_MS     (INT64_C(15) * 60 * 1000)
#define RDAP_PAUSE_MAX_S   86400 /* of a Retry-After */
#define RDAP_EACH_S        2
#define RDAP_BURST         20
#define RDAP_TOTAL_MS      3000 /* of all requests about a domain */
#define RDAP_REDIRECTS_MAX 3
#define RDAP_REMEMBERED    4096 /* domains; one more takes the place of another */

struct rdap;

struct rdap_options {
    const char *url;      /* of the one server that is asked about all; NULL or "": see services */
    const char *services; /* path of a bootstrap file (RFC 9224); NULL or "": none */
    const char *trust_file;    /* PEM of the roots for https; NULL or "": the system's */
    struct resolver *resolver; /* outlives it */
    struct check_reach reach;
};

/* NULL where neither a server nor a file is set: then nobody is asked. ERR_CONFIG: the file cannot
 * be read. */
MUST_CHECK bool rdap_new(const struct rdap_options *options, struct rdap **out, struct err *err);
/* Nobody may be asking. */
void rdap_free(struct rdap *rdap);
static inline void rdap_freep(struct rdap **rdap)
{
    if (*rdap)
        rdap_free(*rdap);
}

/* `domain`: A-labels, lower case. `rdap` NULL: nothing is known. */
struct registration rdap_ask(struct rdap *rdap, const char *domain);
