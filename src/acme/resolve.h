/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* resolve: the addresses of a CA from the system, for programs that have no resolver of their own.
 */
#include "net/address.h"

/* An http_resolve_fn (acme_options.http.resolve) over getaddrinfo(3), for as long as that takes;
 * `arg` is not used. ERR_DNS. */
MUST_CHECK bool acme_resolve_by_system(void *arg, const char *host, struct address *out,
                                       size_t *count, struct err *err);
