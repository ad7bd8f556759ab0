/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * status: all that is known about a domain's certificate, on four separate axes (order and
 * subscription, DNS per name, certificate, edges), and the badge rolled up from it. One view for
 * the API, the command line and the pages.
 */
#include "app/app.h"
#include "model/badge.h"
#include "model/edge_wait.h"
#include "store/certificate_store.h"
#include "store/domain_name_store.h"
#include "store/domain_store.h"
#include "store/domain_vantage_store.h"
#include "store/issuance_name_store.h"
#include "store/issuance_store.h"
#include "store/lost_certificate_store.h"
#include "store/order_store.h"
#include "store/registration_store.h"
#include "store/renewal_store.h"
#include "store/subscription_store.h"

struct status_edge {
    const char *name;
    enum edge_condition condition;
    enum edge_standing standing;
    bool is_counted;   /* model/edge_wait.h */
    bool is_proven;    /* showed the serial of `certificate` at every name and address, lately */
    bool is_last_seen; /* it did, but more than STATUS_PROOF_MAX_MS ago */
    int64_t proven_at; /* the oldest of these proofs; 0 = none */
};

#define STATUS_PROOF_MAX_MS INT64_C(172800000) /* 48 hours; proofs are taken every day */

/* How the certificate that visitors get is followed by another one. */
struct status_renewal {
    enum renewal_state state;
    int64_t at;                     /* when, or when it is tried again; 0: not known */
    const struct renewal *schedule; /* NULL: not drawn yet, or nothing to renew */
    const char *reason;             /* why it fails, or why then; NULL: nothing to say */
    const char *next;               /* what happens, one sentence */
    bool is_risk;                   /* it has been failing for so long that somebody should look */
};

struct status_name {
    const struct domain_name *name;
    bool is_secured;        /* the live certificate has it */
    enum who_acts who_acts; /* about its finding */
    const char *risk;       /* why it is At risk, the title of its finding; NULL: it is not */
};

struct status {
    const struct domain *domain;
    const struct cert_order *order;          /* the newest; NULL: never ordered */
    const struct subscription *subscription; /* the current one, or NULL */
    const struct issuance *issuance;         /* the newest, or NULL */
    struct issuance_name_list names;         /* of that issuance */
    const struct certificate *certificate;   /* what visitors get, or NULL */
    const struct lost_certificate *lost;     /* a later one, that they get instead; or NULL */
    struct status_renewal renewal;
    const struct status_edge *edges;
    size_t edge_count, counted, proven; /* "CDN locations proven/counted" */
    const struct status_name *domain_names;
    size_t domain_name_count, secured_names;
    struct badge badge;
    const char *badge_text;
    const struct domain_registration *registration; /* NULL: its registry was never asked */
    const struct domain_vantage *vantage;           /* NULL: the last check asked no edge */
    const char *next;     /* what happens next, or what somebody must do: one sentence */
    int64_t next_at;      /* when, 0 = not known */
    int64_t lapses_at;    /* when an order that waits ends unless somebody cares; 0: none waits */
    const char *site_url; /* where the site is once it is live, with the canonical host */
};

/* out->renewal from the rest; for status.c only. */
MUST_CHECK bool app_status_renewal(const struct app *app, const struct scope *scope,
                                   struct arena *mem, struct status *out, struct err *err);

/* By domain id. ERR_NOT_FOUND when it is not in the caller's scope. */
MUST_CHECK bool app_status(const struct app *app, const struct caller *caller, struct arena *mem,
                           const char *domain_id, struct status *out, struct err *err);

struct finding;

/* For status.c: a finding as it is stored; false when there is none, or it is no error. */
bool status_read_error(struct arena *mem, const char *stored, struct finding *out);
/* For status.c: the names of out->domain against out->certificate. */
MUST_CHECK bool status_names(const struct app *app, const struct scope *scope, struct arena *mem,
                             struct status *out, struct err *err);
/* The first name that is At risk; NULL when none is. */
const struct status_name *status_at_risk(const struct status *status);
/* The first name that the live certificate has not; NULL when it has all. */
const struct status_name *status_left_out(const struct status *status);
