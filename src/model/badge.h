/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * badge: the one word that people see, rolled up from what was seen on the wire, the issuance under
 * way and its findings (DESIGN "Status"). Pure.
 */
#include "base/arena.h"
#include "model/issuance_state.h"
#include "model/who_acts.h"

#define BADGES(X)                                                                                  \
    X(NOT_SECURED, "not_secured", "Not secured")                                                   \
    X(SETTING_UP, "setting_up", "Setting up")                                                      \
    X(ACTION_NEEDED, "action_needed", "Action needed")                                             \
    X(AT_RISK, "at_risk", "At risk")                                                               \
    X(TEST_CERTIFICATE, "test_certificate", "Test certificate")                                    \
    X(SECURED, "secured", "Secured")

#define TRUSTS(X)                                                                                  \
    X(STORE, "store")     /* a root in the operator's trust store */                               \
    X(SANDBOX, "sandbox") /* the sandbox CA's root */                                              \
    X(OTHER, "other")     /* a configured root that visitors do not trust */

#define X(id, name, label) BADGE_##id,
enum badge_kind { BADGES(X) BADGE_COUNT };
#undef X
#define X(id, name) TRUST_##id,
enum trust { TRUSTS(X) TRUST_COUNT };
#undef X

struct badge_facts {
    bool is_live;            /* a certificate of ours was proven on the wire */
    int64_t not_after_at;    /* of that certificate */
    enum trust trust;        /* of that certificate */
    enum who_acts left_out;  /* who must act so that a name joins it; WHO_NOBODY: nobody need */
    bool is_renewal_failing; /* an attempt to replace it fails, or a name no longer points here */
    bool is_without_edge;    /* no edge counts, or none takes up what the issuance waits for */
    bool is_later_shown;     /* edges show a later one, that a restored store has lost */
    bool has_issuance;       /* the latest issuance, when it is not the live one */
    enum issuance_state issuance;
    enum who_acts who_acts; /* of the worst finding of the latest check; WHO_NOBODY when none */
};

struct badge {
    enum badge_kind kind;
    enum who_acts who_acts; /* of BADGE_ACTION_NEEDED and BADGE_AT_RISK; else WHO_NOBODY */
    int64_t days_left;      /* whole days, only with BADGE_AT_RISK */
};

struct badge badge_of(const struct badge_facts *facts, int64_t now);
/* "Secured", "Action needed (owner)", "At risk (12 days)": for people, in English. */
const char *badge_text(struct arena *mem, const struct badge *badge);
/* "Secured", "Action needed": without what belongs to one domain. */
const char *badge_label(enum badge_kind kind);
const char *badge_name(enum badge_kind kind);
MUST_CHECK bool badge_parse(const char *name, enum badge_kind *out);
/* How soon it wants to be looked at: 1 first. */
int badge_rank(enum badge_kind kind);
const char *trust_name(enum trust trust);
MUST_CHECK bool trust_parse(const char *name, enum trust *out);
