/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* expected: what a check of a partner's names compares with. */
#include "app/app.h"
#include "check/diagnose.h"
#include "check/rdap.h"
#include "check/reach.h"

struct app_expected {
    struct check_expected addresses; /* where the names must lead */
    const char *brand;               /* as the partner's customers know it */
    struct slice check_key;          /* of the check path; empty: no worker has made one yet */
    struct check_reach reach;
};

/* `partner_id` NULL: the platform itself. ERR_CONFIG when there is no address set. */
MUST_CHECK bool app_expected_of(const struct app *app, struct arena *mem, const char *partner_id,
                                struct app_expected *out, struct err *err);

/* What CAA records have to let a CA do; issuer NULL when it is not known. `ca` may be NULL. */
struct caa_wanted app_caa_of(const struct config *config, const struct config_ca *ca);

/* The same of a CA by its id (NULL or a CA that is gone: the default), with our account there, once
 * there is one. */
MUST_CHECK bool app_caa_find(const struct app *app, struct arena *mem, const char *ca_id,
                             struct caa_wanted *out, struct err *err);

/* Where a check of names that others bring may connect to: net.own_prefixes in the sandbox alone.
 * ERR_CONFIG. */
MUST_CHECK bool app_check_reach(struct arena *mem, const struct config *config,
                                struct check_reach *out, struct err *err);
/* Whoever asks registries by check.rdap and check.rdap_services; NULL when neither is set.
 * ERR_CONFIG. */
MUST_CHECK bool app_rdap_open(const struct config *config, struct resolver *resolver,
                              const struct check_reach *reach, struct rdap **out, struct err *err);
/* net.own_prefixes. ERR_CONFIG. */
MUST_CHECK bool app_own_prefixes(struct arena *mem, const struct config *config,
                                 const struct prefix **out, size_t *count, struct err *err);
/* The check key alone; data NULL when there is none yet. */
MUST_CHECK bool app_check_key(struct arena *mem, struct db *db, struct slice *out, struct err *err);
/* The check key, made now if there is none. Part of the caller's transaction. */
MUST_CHECK bool app_check_key_make(struct arena *mem, struct db *tx, struct slice *out,
                                   struct err *err);
