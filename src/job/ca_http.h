/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* ca_http: how a configured CA may be connected to: which addresses, and who looks up its names. */
#include "base/arena.h"
#include "net/http_client.h"

struct config;
struct config_ca;
struct resolver;

/* A public CA is reached at public addresses only, a private or sandbox one on loopback and in
 * net.own_prefixes as well. Lives in the arena; the resolver must live as long. */
MUST_CHECK bool ca_http_options(struct arena *mem, const struct config *config,
                                const struct config_ca *ca, struct resolver *resolver,
                                struct http_client_options *out, struct err *err);
