/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * delegation: for dns-01, the owner of a name points `_acme-challenge` below it, once and for good,
 * at a name in a zone of ours, where the answers to the CA are put. That name has a label of 128
 * random bits that belongs to the claim (R42): a CNAME that somebody left behind leads to the label
 * of a claim that has ended, which nobody can get again.
 */
#include "app/app.h"
#include "model/name_set.h"
#include "store/claim_store.h"

struct delegation {
    const char *name; /* "_acme-challenge.shop.example" */
    const char *label;
    const char *const *targets; /* label in each zone of dns.update; the first is to be set */
    size_t target_count;
};

/* A name of a domain. */
struct delegated {
    const char *domain_id;
    const char *name; /* may begin with "*.": then what is behind it is delegated */
};

/* *out is NULL when no zone is configured, the domain does not hold the name, or its claim has no
 * label yet. */
MUST_CHECK bool app_delegation_of(const struct app *app, struct arena *mem,
                                  const struct delegated *what, const struct delegation **out,
                                  struct err *err);
/* The same for the worker: a claim that has no label yet gets one. */
MUST_CHECK bool app_delegation_make(const struct app *app, struct arena *mem,
                                    const struct delegated *what, const struct delegation **out,
                                    struct err *err);

/* Of all names of a set that may have to be proven in DNS: wildcards, and any name where a CA is
 * configured for dns-01; each once. */
struct delegation_list {
    const struct delegation **items;
    size_t count;
};
MUST_CHECK bool app_delegations_of(const struct app *app, struct arena *mem, const char *domain_id,
                                   const struct name_set *names, struct delegation_list *out,
                                   struct err *err);

/* A label for a new claim. */
const char *app_delegation_label(struct arena *mem);
