/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * glance: whether what the name servers of domains say of their names has changed since they were
 * asked last: a few questions over UDP to each server itself, so that nothing remembered hides a
 * correction, and nothing over HTTP. What it means is for a whole look to say (job/name_check.h).
 *
 * Where no name server could be asked by its address, the resolver is, which keeps nothing of its
 * own (DNS_FRESH). What lies in other zones - behind a CNAME, above the registered domain, at the
 * parent - is left to whole looks.
 */
#include "job/worker.h"

#define GLANCE_NAMES_MAX  6   /* names of a domain that are asked for */
#define GLANCE_SERVER_MAX 16  /* domains that one server is asked about in a call */
#define GLANCE_MS         800 /* how long a server has to answer */

struct glance {
    const char *const *names; /* at most GLANCE_NAMES_MAX */
    size_t count;
    const char *registered; /* domain */
    const char *servers;    /* as glance_servers() or the last glance has left it; not "" */
    bool is_close;          /* all servers are asked, not one of them */

    const char *seen; /* `servers` after it */
    bool is_changed;  /* a server says something else than the last time */
    bool is_new;      /* a server has said something for the first time */
    bool is_put_off;  /* a server had enough to do: nothing was asked */
};

/* A server that does not answer, or with SERVFAIL, says nothing: that is no change. */
MUST_CHECK bool glance_run(const struct worker *worker, struct arena *mem, struct glance *items,
                           size_t count, struct err *err);

/* The servers of a report, whose answers are not known yet; `known` itself when it has the same
 * ones. */
const char *glance_servers(struct arena *mem, const struct check_report *report, const char *known);
