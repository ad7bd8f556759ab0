/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * reach: where a check may connect to (R49). What a stranger's zone says names the place, so it
 * must not lead into the operator's network: beside the internet there are only the addresses that
 * names are expected at, each at exactly the ports of the edges, and what `own` has. Pure.
 */
#include "check/diagnose.h"
#include "net/address.h"

struct check_reach {
    const struct prefix *own; /* reserved addresses that may be asked all the same: only where the
                                 names are the operator's own, or it is the user's own machine */
    size_t own_count;
    bool is_offline; /* nobody else is asked, not even on the internet */
};

/* The ports of the edges, as visitors see them. */
struct check_ports {
    uint16_t http, https;
};

/* Name servers, at DNS_PORT. */
void reach_servers(struct arena *mem, const struct check_reach *reach, struct net_policy *out);
/* Websites, over HTTP. */
void reach_sites(struct arena *mem, const struct check_reach *reach,
                 const struct check_expected *expected, struct check_ports ports,
                 struct net_policy *out);
/* RDAP servers; `port` is the one's that is asked first. */
void reach_registries(struct arena *mem, const struct check_reach *reach, uint16_t port,
                      struct net_policy *out);
