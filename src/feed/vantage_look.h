/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* vantage_look: looks at names from where this edge is: the check path at the addresses of a
 * question and, where the edge has a resolver for it, at those that this finds, by the checker of
 * the doctor (check/observe_http.h) and within its bounds. */
#include "check/check.h"
#include "check/vantage.h"

/* What holds for all questions. Where may be connected to is this edge's own configuration. */
struct vantage_place {
    struct check_reach reach;
    struct check_expected expected; /* the platform's addresses; also reserved ones */
    uint16_t http_port, https_port;
    struct resolver *resolver; /* for names, with VANTAGE_DNS_MS; NULL: they are not looked up */
};

/* The names of the question in order, each with the addresses that may be connected to. `until` of
 * the question bounds it. */
MUST_CHECK bool vantage_look(struct arena *mem, const struct vantage_place *place,
                             struct slice check_key, const struct vantage_view *question,
                             struct vantage_view *out, struct err *err);
