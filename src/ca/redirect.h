/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* redirect: where a Location leads (RFC 9110 section 10.2.2), and whether validation follows it
 * there, by Boulder's rules. Pure. */
#include "ca/validator.h"

#define CA_REDIRECT_PATH_MAX 2000 /* octets of the path, decoded, without the query */

struct ca_place {
    const char *url;    /* absolute */
    const char *scheme; /* lower case */
    const char *host;   /* lower case; an address without brackets */
    const char *path;   /* decoded */
    int64_t port;       /* that of the URL; 0: none */
    bool has_zone;      /* of an IPv6 address */
};

/* `location` as seen from `url`. False: it cannot be read. */
MUST_CHECK bool ca_redirect_read(struct arena *mem, const char *url, const char *location,
                                 struct ca_place *out);
/* NULL: it may be gone to. */
const char *ca_redirect_refusal(struct arena *mem, const struct ca_validator *validator,
                                const struct ca_place *place);
/* The port to connect to. */
uint16_t ca_redirect_port(const struct ca_validator *validator, const struct ca_place *place);
