/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * glance: whether what the name servers of domains say of their names has changed since they were
 * asked last: a few questions over UDP to each server itself, so that nothing remembered hides a
 * correction, and nothing over HTTP. What it means is for a whole look to say (job/name_check.h).
 *
 * Where no name server could be asked by its address, the resolver is, which keeps nothing of its
 * own (DNS_FRESH). What lies in other zones is asked for where the last look has found whom to ask:
 * the delegation (NS, glue, DS) at the parent, and the addresses at the end of a CNAME.
 *
 * Nobody waits for the servers of others: one that is silent is left alone (job/name_servers.h),
 * one that has not answered yet is asked one question before the rest, and a call ends in its time
 * whatever they do.
 */
#include "job/worker.h"

#define GLANCE_NAMES_MAX  6   /* names of a domain that are asked for */
#define GLANCE_SERVER_MAX 16  /* domains that one server is asked about in a call */
#define GLANCE_MS         800 /* how long a server has to answer */
#define GLANCE_RUN_MS                                                                              \
    2000 /* after which a call asks nobody else; the resolver may take its time                    \
          */
#define GLANCE_FACTS_MAX 128 /* that are remembered of a domain which has changed */

struct glance {
    const char *const *names; /* at most GLANCE_NAMES_MAX */
    size_t count;
    const char *registered; /* domain */
    const char *servers;    /* as glance_servers() or the last glance has left it; not "" */
    const char *facts;      /* as the last glance has left it; "" at first */
    bool is_close;          /* all servers are asked, not one of them */
    bool asks_parent;       /* the parent too, if it may be asked now */

    const char *seen;        /* `servers` after it */
    const char *seen_first;  /* the same without what has changed */
    const char *facts_after; /* `facts` with what was said now, where it has changed */
    bool is_changed;         /* a server says something else than the last time */
    bool is_novel;           /* and has not said it among the last GLANCE_FACTS_MAX either */
    bool is_new;             /* a server has said something for the first time */
    bool is_put_off;         /* there was enough to do: nothing was asked */
    bool has_asked_parent;
    int64_t
        silent_ms; /* nothing was asked, for all servers are left alone for so long; 0: not so */
};

/* Those that come first are asked first. A server that does not answer, or with SERVFAIL, says
 * nothing: that is no change. */
MUST_CHECK bool glance_run(const struct worker *worker, struct arena *mem, struct glance *items,
                           size_t count, struct err *err);

/* The servers of a report, whose answers are not known yet; `known` itself when it has the same
 * ones. */
const char *glance_servers(struct arena *mem, const struct check_report *report, const char *known);
