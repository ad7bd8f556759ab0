/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* site: websites, and the names that are attached to them. */
#include "app/app.h"
#include "model/name_set.h"
#include "store/domain_store.h"
#include "store/site_store.h"

struct site_input {
    const char *account_id; /* NULL: the caller's own account */
    const char *name;
    const char *origin_id; /* NULL: the first of the operator's list (R43) */
    const char *canonical; /* "www" or "apex"; NULL: "www" */
};

MUST_CHECK bool app_site_create(const struct app *app, const struct caller *caller,
                                struct arena *mem, const struct site_input *in,
                                const struct site **out, struct err *err);

/* What is NULL stays as it is. */
struct site_change {
    const char *site_id;
    const char *name;
    const char *canonical;
    const bool *is_https_on; /* "Enable SSL (https)": a wish, applied once a certificate is live */
};

/* Stores the wish and has the worker publish it. ERR_NOT_FOUND; ERR_LOST_RACE when somebody else
 * changed the site meanwhile. */
MUST_CHECK bool app_site_change(const struct app *app, const struct caller *caller,
                                struct arena *mem, const struct site_change *change,
                                const struct site **out, struct err *err);

struct domain_input {
    const char *site_id; /* the site that it is attached to (R8) */
    const char *name;    /* as typed: see model/hostname.h */
};

/*
 * Adds a domain to a site's account, attaches it, and claims every name it covers (R41, R54).
 * ERR_BAD_INPUT, field "name": not a name that can be served, or a reserved one. ERR_CONFLICT,
 * field "name": one of its names is claimed, by whom is not said.
 */
MUST_CHECK bool app_domain_add(const struct app *app, const struct caller *caller,
                               struct arena *mem, const struct domain_input *in,
                               const struct domain **out, struct err *err);

/* ERR_BAD_INPUT, field "name": the platform's own names and everything under them (R41). */
MUST_CHECK bool app_check_reserved(const struct app *app, struct arena *mem, const char *name,
                                   struct err *err);

/* The names of a stored domain: what it covers by itself, then its aliases. */
MUST_CHECK bool app_domain_names(const struct app *app, struct arena *mem,
                                 const struct domain *domain, struct name_set *out,
                                 struct err *err);

/* Where visitors of a domain belong: its www name when the site wants www and there is one, else
 * the domain itself (of a wildcard: what it is a wildcard of); only a name that is covered (NULL:
 * no certificate is asked about), which the domain itself always is. */
const char *app_site_canonical(const struct site *site, const struct name_set *names,
                               const struct text_list *covered);
