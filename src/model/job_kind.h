/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* job_kind: what the queue holds. The subject of each is an id or a name. */
#include "base/base.h"

#define JOB_PLATFORM "platform" /* the subject of jobs that there is one of */

#define JOB_KINDS(X)                                                                               \
    X(ISSUE, "issue")       /* subject: issuance id; until it is live or failed */                 \
    X(PUBLISH, "publish")   /* subject: domain id; its host records follow the site's wishes */    \
    X(RELEASE, "release")   /* subject: domain id; what is not wanted any more is cleared away */  \
    X(RENEW, "renew")       /* subject: certificate id; until another one has taken its place */   \
    X(REVOKE, "revoke")     /* subject: certificate id; until its CA has revoked it */             \
    X(RETIRE, "retire")     /* subject: domain id; ended certificates lose record and key */       \
    X(SWEEP, "sweep")       /* subject: "platform"; what has expired, what nobody renews */        \
    X(NAMES, "names")       /* subject: domain id; names that wait are looked at, and join */      \
    X(SETTINGS, "settings") /* subject: edge group; check key and origins */                       \
    X(EPOCH, "epoch")       /* subject: edge group; a restored store signs its records again */    \
    X(EDGES, "edges")       /* subject: edge group; which edges count */                           \
    X(PROOFS, "proofs") /* subject: edge group; live certificates are seen on the wire again */    \
    X(VALUES, "values") /* subject: domain id; values of dns-01 are taken out of our zones */      \
    X(TIDY, "tidy")     /* subject: "platform"; what is kept only for a while is forgotten */      \
    X(OVERVIEW, "overview") /* subject: "platform"; what lists show follows the rest */            \
    X(WATCH, "watch") /* subject: "platform"; name servers are asked whether DNS has changed */    \
    X(VANTAGES, "vantages") /* subject: edge group; questions of `web` to edges are signed */

#define X(id, name) JOB_##id,
enum job_kind { JOB_KINDS(X) JOB_KIND_COUNT };
#undef X

const char *job_kind_name(enum job_kind kind);
MUST_CHECK bool job_kind_parse(const char *name, enum job_kind *out);
