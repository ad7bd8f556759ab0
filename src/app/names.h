/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* names: further names of a domain (R54). */
#include "app/app.h"
#include "model/name_set.h"
#include "store/domain_store.h"

struct name_input {
    const char *domain_id, *name;
};

/*
 * Adds an alias: a name below the same registered domain, served by the same site, claimed as any
 * other (R41). It is checked by itself and joins the next certificate. ERR_NOT_FOUND: no such
 * domain. ERR_BAD_INPUT, field "name": not a name that can be served, a wildcard, reserved, of
 * another registered domain, or one more than NAME_SET_MAX. ERR_CONFLICT: the domain is removed;
 * field "name": somebody holds it, who is not said.
 */
MUST_CHECK bool app_name_add(const struct app *app, const struct caller *caller, struct arena *mem,
                             const struct name_input *in, const struct domain **out,
                             struct err *err);

/* Gives an alias back: it is not served any more, anybody may claim it, and the next certificate is
 * without it. ERR_NOT_FOUND; ERR_CONFLICT, field "name": the domain covers it by itself. */
MUST_CHECK bool app_name_remove(const struct app *app, const struct caller *caller,
                                struct arena *mem, const struct name_input *in,
                                const struct domain **out, struct err *err);

/* Claims names for a domain, in the caller's transaction; ERR_CONFLICT, field "name": also of one
 * that a proven wildcard of another account stands for. */
enum name_kind { NAME_COVERED, NAME_ALIAS };
MUST_CHECK bool app_names_claim(struct arena *mem, struct db *tx, const struct domain *domain,
                                const struct name_set *names, enum name_kind kind, struct err *err);
