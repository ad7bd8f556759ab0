/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * hosts: what the edges shall know of a domain: for each covered name its site, origin,
 * certificate, and whether visitors are sent to https. Computed from the store each time, so that
 * publishing it again changes nothing.
 */
#include "job/worker.h"
#include "model/name_set.h"
#include "store/certificate_store.h"
#include "store/domain_store.h"

#define HOSTS_CHANGES_MAX (NAME_SET_MAX + 2) /* a host each, certificate and chain */

struct hosts {
    struct feed_change changes[HOSTS_CHANGES_MAX];
    size_t count;
};

/* The hosts get `certificate`; NULL: that of an issuance under deployment, else the live one, else
 * the newest. Its records are among the changes. The redirect is on only where the site wishes it
 * and a certificate of the domain was proven live. The hosts of a detached domain are deleted;
 * names under another account's star too (app/claim.h);
 * those of a removed one are withdrawn (app/leave.h), for its names may be somebody else's. */
MUST_CHECK bool hosts_make(const struct worker *worker, struct arena *mem,
                           const struct domain *domain, const struct certificate *certificate,
                           struct hosts *out, struct err *err);

/* The same for the transaction that makes `certificate` live: it is proven. */
MUST_CHECK bool hosts_make_proven(const struct worker *worker, struct arena *mem,
                                  const struct domain *domain,
                                  const struct certificate *certificate, struct hosts *out,
                                  struct err *err);

/* The records of a certificate without any host: edges can show it, and no visitor gets it. */
MUST_CHECK bool hosts_make_certificate(const struct worker *worker, struct arena *mem,
                                       const struct certificate *certificate, struct hosts *out,
                                       struct err *err);
