/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* resolve_host: the http_resolve_fn of whoever has a resolver: both families, recent answers. */
#include "net/http_client.h"

/* `resolver` is a struct resolver. ERR_DNS: the host has no address. */
MUST_CHECK bool resolve_host(void *resolver, const char *host, struct address *out, size_t *count,
                             struct err *err);
