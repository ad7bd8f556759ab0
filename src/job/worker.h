/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * worker: what all jobs share: the app, the signer, the CAs, the resolver, the feed. Made once,
 * read-only afterwards; each of its parts may be used by many threads.
 */
#include "acme/authorization.h"
#include "acme/client.h"
#include "app/app.h"
#include "check/check.h"
#include "config/limits.h"
#include "feed/publisher.h"
#include "job/ca_seats.h"
#include "tls/root_files.h"

/* What signs requests to a CA: the handle in acme_account.key. That of acme_binding.key is the CA's
 * row of the configuration. */
struct worker_key {
    struct signer_sealed sealed;
    bool is_of_certificate; /* not an account's: it signs the revocation of its certificate only */
};

/* A configured CA. */
struct worker_ca {
    const struct config_ca *config;
    struct acme_client *client;
    struct ca_seats *seats;
    struct root_files *roots; /* what its chains must lead to: worker_roots() */
    enum acme_challenge_type challenge;
    struct config_limits limits; /* with one token of margin */
};

struct name_servers; /* job/name_servers.h */

struct worker {
    const struct app *app;
    struct signer *signer;
    struct resolver *resolver;
    struct rdap *rdap; /* NULL: registries are not asked */
    struct name_servers *name_servers;
    struct feed feed;
    struct root_files *trust; /* the operator's trust store */
    struct slice check_key;   /* of the check path */
    struct worker_ca *cas;
    size_t ca_count;
    int64_t started_at; /* on clock_now() */
    int64_t started_ms; /* on clock_boot_ms() */
};

/* Reads roots, makes clients, and the check key when there is none yet. `signer` stays the
 * caller's. */
MUST_CHECK bool worker_new(struct arena *mem, const struct app *app, struct signer *signer,
                           struct worker **out, struct err *err);
void worker_free(struct worker *worker);

/* What is in the files now, or was when they could be read last, which is logged. It is there as
 * long as `mem`. */
const struct verify_roots *worker_roots(struct arena *mem, struct root_files *files);

/* NULL when no CA of this id is configured any more. */
const struct worker_ca *worker_ca(const struct worker *worker, const char *id);
/* ERR_CONFIG when no CA of this id is configured any more. */
MUST_CHECK bool worker_find_ca(const struct worker *worker, const char *id,
                               const struct worker_ca **out, struct err *err);
