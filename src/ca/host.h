/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* host: the addresses of a host that validation may connect to, in the order in which they are
 * tried: the first of IPv6, then the first of IPv4. */
#include "ca/validator.h"

struct ca_host {
    const char *name;               /* a DNS name, or an address */
    const struct address *all;      /* IPv6 first */
    size_t count;                   /* at least 1 */
    const struct address *tried[2]; /* the second: when the first fails; NULL: there is none */
};

/* Asks for A and AAAA. `problem`: dns. Blocks. */
MUST_CHECK bool ca_host_find(struct arena *mem, const struct ca_validator *validator,
                             const char *name, struct ca_host *out, struct ca_problem *problem);
/* Of an address in a URL. */
struct ca_host ca_host_of(struct arena *mem, const struct address *address);

/* A public address, or one in `reachable`. */
bool ca_may_connect(const struct ca_validator *validator, const struct address *address);

/* An entry of validationRecord; `used` may be NULL. */
json_t *ca_host_record(const struct ca_host *host, uint16_t port, const struct address *used);
