/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * proofs: a certificate is seen on the wire: one handshake for each of its names with each address
 * of each edge; of many, those that model/proof_plan.h picks. Once when it is deployed, and again
 * every day for as long as it is live, as soon as an edge has caught up, and soon after one did not
 * show it.
 */
#include "check/proof.h"
#include "job/edges.h"
#include "store/certificate_store.h"

#define PROOFS_EVERY_MS  INT64_C(86400000)
#define PROOFS_JITTER_MS INT64_C(3600000) /* off the former, so that they spread over the day */
#define PROOFS_FAILED_MS INT64_C(300000)  /* after one that does not hold */
#define PROOFS_LOOK_MS   INT64_C(3600000) /* the job looks what is due at least as often */
#define PROOFS_RUN_MS    INT64_C(60000)   /* a run takes up nothing more after so long */
#define PROOFS_PAGE      16               /* certificates that are looked up together */

/* What is to be proven, and at which edge each target is. */
struct proofs {
    const struct certificate *certificate;
    const char *sni; /* NULL: each name is asked for; else the certificate, once, under this one */
    struct proof_target *targets;
    const struct edge **edges;
    struct net_allowed *allowed; /* the places, for the policy */
    struct proof *results;
    int64_t at;   /* when they were made */
    size_t count; /* the targets of an edge stand together */
};

/* With the edges that count and have everything up to feed sequence `min_seq`. */
MUST_CHECK bool proofs_collect(const struct worker *worker, struct arena *mem,
                               const struct certificate *certificate, int64_t min_seq,
                               struct proofs *out, struct err *err);
/* The same under the name that no visitor has (edge_preview()): for a certificate that the edges
 * have, and no host. */
MUST_CHECK bool proofs_collect_preview(const struct worker *worker, struct arena *mem,
                                       const struct certificate *certificate, int64_t min_seq,
                                       struct proofs *out, struct err *err);
/* Shakes hands with all of them; their chains must lead to a root of this CA. */
/* `ca` NULL: by the operator's trust store. */
void proofs_look(const struct worker *worker, struct arena *mem, const struct worker_ca *ca,
                 struct proofs *proofs);
/* Stores what was seen, in place of what was seen at these edges before. ERR_LOST_RACE: the run has
 * its lease no more, and another may have seen later things. */
MUST_CHECK bool proofs_store(const struct worker *worker, const struct job *job,
                             const struct proofs *proofs, struct err *err);
/* How many edges show it at each of their addresses. */
size_t proofs_shown(const struct proofs *proofs);
/* Why it is not live yet, when it was waited for so long; NULL: it is. At least one edge must show
 * it, and each that can be connected to; one that cannot is waited for EDGE_STALE_WAIT_MS, and
 * keeps the badge below n of n. */
const char *proofs_failure(const struct proofs *proofs, int64_t waited_ms);

/* In the transaction that makes the certificate live: stores the proofs for it, and when it is
 * looked at again; at once when there are other edges than these by now. */
MUST_CHECK bool proofs_go_live(const struct worker *worker, struct arena *mem, struct db *tx,
                               const struct proofs *proofs, struct err *err);

/* Subject: edge group. Looks at the live certificates that are due. For ever. */
MUST_CHECK bool job_proofs(void *worker, struct arena *mem, const struct job *job,
                           struct job_result *out, struct err *err);
