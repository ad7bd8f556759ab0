/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * issue: the job that brings an issuance from waiting_dns to live, step by step of
 * model/issuance_state.h. Each step function looks, asks outside what it must, and ends with one
 * transaction (issue_commit) that stores the new state, the timeline, and what goes with it. A run
 * repeats load, step until a step says wait. Killed anywhere, the next run goes on from the row.
 *
 * This header is for the files job/issue*.c; others see job_issue() only.
 */
#include "job/ca_session.h"
#include "job/runner.h"
#include "job/worker.h"
#include "model/name_set.h"
#include "store/certificate_store.h"
#include "store/domain_name_store.h"
#include "store/domain_store.h"
#include "store/issuance_name_store.h"
#include "store/issuance_store.h"
#include "store/order_store.h"
#include "store/subscription_store.h"

#define ISSUE_NAMES_MAX    NAME_SET_MAX
#define ISSUE_ATTEMPTS_MAX 20 /* failed validations before it is parked for a person */

/* challenge_state of an issuance_name: what we know of its challenge. */
#define CHALLENGE_NONE      "none"      /* no challenge of this order is known */
#define CHALLENGE_PENDING   "pending"   /* token stored, not answered yet */
#define CHALLENGE_ANSWERING "answering" /* the CA is being told to look; it may not have heard */
#define CHALLENGE_ANSWERED  "answered"  /* the CA was told to look */
#define CHALLENGE_VALID     "valid"     /* the CA still knows the name as validated */

/* Names that the CA did not take, or could not validate. */
struct issue_refusal {
    const char *name, *why;
    enum who_acts who_acts;
    int64_t held_until;
};
struct issue_refusals {
    struct issue_refusal *items;
    size_t count;
};

/* One run. */
struct issue {
    const struct worker *worker;
    struct arena *mem;
    const struct job *job;
    struct job_result *result; /* of the run */
    struct issuance *issuance; /* a copy: what the step changes is stored by issue_commit() */
    struct issuance_name *names;
    size_t name_count;
    const struct domain *domain;
    const struct cert_order *order;          /* NULL: not for an order */
    const struct subscription *subscription; /* NULL: there is none yet */
    const struct cert_order *placed;         /* the order that the subscription began with, or
                                                `order`: who is named in the certificate request */
    const struct worker_ca *ca;              /* NULL: it is not configured any more */
    const struct certificate *certificate;   /* the new one, on its way into the store */
    const struct proofs *proofs;             /* of the new one */
    struct domain_name *looked;              /* the domain's names as issue_check() has seen them */
    size_t looked_count;
    const struct certificate *live;    /* of the domain, while the names are looked at; or NULL */
    const struct domain_watch *watch;  /* likewise */
    const struct check_report *report; /* of the look that is being stored */
    bool is_report_new;                /* it says other than the last */
    int64_t look_again_at;             /* if they do not pass */
    const char *refused;               /* the name that the CA could not validate, or NULL */
    struct issue_refusals refusals;    /* names that are held by this step */
    struct ca_session *session;        /* of this run with the CA, or NULL */
    bool has_values;    /* some of its names were proven in DNS when the step began */
    bool is_ready;      /* its order at the CA: seen in this run, and not finalized since */
    bool is_answer_due; /* it has just stored the intent to tell the CA to look, and not told it */
    enum issuance_state end; /* of the run */
    bool is_finished;        /* its last step has stored the end of the run */
    bool is_current;         /* all above is what issue_commit() has just stored */
    bool has_learned;        /* of what is stored with the end of a run, something is not yet */
    int64_t now;
};

/* What a step came to. */
struct issue_outcome {
    bool is_done;    /* nothing more is to be done by itself */
    bool is_wait;    /* nothing more can be done before run_at */
    int64_t run_at;  /* on the movable clock */
    bool is_learned; /* the issuance and its names are stored as they are with the end of the run */
};

typedef bool (*issue_step_fn)(struct issue *is, struct issue_outcome *out, struct err *err);

MUST_CHECK bool issue_check(struct issue *is, struct issue_outcome *out, struct err *err);
MUST_CHECK bool issue_prepare(struct issue *is, struct issue_outcome *out, struct err *err);
MUST_CHECK bool issue_order(struct issue *is, struct issue_outcome *out, struct err *err);
MUST_CHECK bool issue_publish(struct issue *is, struct issue_outcome *out, struct err *err);
MUST_CHECK bool issue_validate(struct issue *is, struct issue_outcome *out, struct err *err);
MUST_CHECK bool issue_finalize(struct issue *is, struct issue_outcome *out, struct err *err);
MUST_CHECK bool issue_deploy(struct issue *is, struct issue_outcome *out, struct err *err);
MUST_CHECK bool issue_stage(struct issue *is, struct issue_outcome *out, struct err *err);
MUST_CHECK bool issue_rest(struct issue *is, struct issue_outcome *out, struct err *err);
/* The same for every state before there is a certificate, when is->ca is NULL. */
MUST_CHECK bool issue_without_ca(struct issue *is, struct issue_outcome *out, struct err *err);
MUST_CHECK bool issue_prove(struct issue *is, struct issue_outcome *out, struct err *err);

/* --- storing --- */

/* What goes into the transaction besides the issuance, its names and the timeline. */
struct issue_change {
    enum issuance_event event;
    const char *text;               /* the timeline's words; NULL: the table's */
    const char *data;               /* JSON, or NULL */
    const struct feed_batch *batch; /* records that go with it, or NULL: sets wait_seq */
    bool (*also)(struct issue *is, struct db *tx, struct err *err); /* or NULL */
    bool is_quiet;                                                  /* nothing for the timeline */
    bool is_awaited;  /* what comes after is for when the edges have the batch */
    int64_t keep_seq; /* without a batch: what the edges are still waited for */
};

/* The texts of the names. */
const char **issue_names(const struct issue *is);
/* NULL: the issuance does not have this name. */
struct issuance_name *issue_find_name(const struct issue *is, const char *name);

/* Stores the step for change->event, with everything that belongs to it, in one transaction. The
 * issuance must hold the new values of the step; its state and version are set here. The lease of
 * the run begins anew; ERR_LOST_RACE when another run has taken it over. */
MUST_CHECK bool issue_commit(struct issue *is, const struct issue_change *change, struct err *err);
/* Stores the issuance and its names as they are: an intent, or what was learned within a state. The
 * lease as above. */
MUST_CHECK bool issue_save(struct issue *is, struct err *err);
/* R42: nothing is asked of a CA, nor shown to it, for a name that was not seen to pass under the
 * claim that there is now, nor for what another account's wildcard stands for (R41). */
MUST_CHECK bool issue_are_names_held(const struct issue *is, struct db *db, bool *out,
                                     struct err *err);
/* The same for issue_commit(): ERR_LOST_RACE when they are not. */
MUST_CHECK bool issue_need_claims(struct issue *is, struct db *tx, struct err *err);
/* Whether there are challenges that the edges answer. */
bool issue_has_edge_challenges(const struct issue *is);
/* Records by which the edges answer the challenges of all names; by DNS: none. */
MUST_CHECK bool issue_challenges(struct issue *is, struct feed_batch **out, struct err *err);
/* Records that take the challenges of all names off the edges. */
MUST_CHECK bool issue_withdrawal(struct issue *is, struct feed_batch **out, struct err *err);

/* The edges do not have yet what they are waited for: when to look again. That none of them can is
 * said once, and whose turn it is. */
struct edge_wait;
MUST_CHECK bool issue_wait(struct issue *is, const struct edge_wait *wait,
                           struct issue_outcome *out, struct err *err);

/* Forgets the ACME order, its challenges, and when its stages were passed: edges are waited for
 * anew. The key is not used again either. */
void issue_forget_order(struct issue *is);

/* --- the CA --- */

/* For calls to the issuance's CA, of which there must be one. *out is NULL when it cannot be asked:
 * what that means for the issuance is stored, and when to go on. */
MUST_CHECK bool issue_open_ca(struct issue *is, struct ca_session **out,
                              struct issue_outcome *outcome, struct err *err);
/* The CA is not asked before err->retry_at, as `err` says: waits. */
MUST_CHECK bool issue_wait_down(struct issue *is, struct issue_outcome *out, struct err *err);
/* A call to the CA failed with `err`: stores what that means for the issuance, and when to go on.
 * `err` is changed only when this itself fails. */
MUST_CHECK bool issue_ca_failed(struct issue *is, const struct ca_session *ca,
                                struct issue_outcome *out, struct err *err);
/* The authorization or order became invalid: says why, and starts over later. */
MUST_CHECK bool issue_invalid(struct issue *is, const struct acme_problem *problem,
                              const char *name, struct issue_outcome *out, struct err *err);

/* Those of its names that the problem is about, without the domain itself. False: there is none, or
 * the domain itself is among them, without which there is no certificate. */
bool issue_find_refused(const struct issue *is, const struct acme_problem *problem,
                        struct issue_refusals *out);
/* The one name that could not be validated, unless it is the domain itself, or it may have been an
 * edge of ours (model/name_choice.h): then there is none. `problem` NULL: the CA gave no reason. */
MUST_CHECK bool issue_find_unproven(const struct issue *is, const struct acme_problem *problem,
                                    const char *name, struct issue_refusals *out, struct err *err);
/* For issue_commit(): the refused names do not pass for a while, which is told, and why stands as a
 * finding at each. */
MUST_CHECK bool issue_hold_refused(struct issue *is, struct db *tx, struct err *err);
/* The CA has refused some of the names for good: on without them. */
MUST_CHECK bool issue_go_without(struct issue *is, const struct issue_refusals *refusals,
                                 struct issue_outcome *out, struct err *err);

/* newOrder by the configured profile, as the replacement of the certificate that it replaces. Where
 * the CA does not take it so, once more without that; *note is what the timeline says of it. A
 * replacement that was ordered already, in a run that was killed, is resumed that way: the CA
 * answers with the order that is pending for these names. */
struct acme_order;
MUST_CHECK bool issue_new_order(struct issue *is, struct ca_session *ca, struct acme_order **out,
                                const char **note, struct err *err);

/* --- names that are proven in DNS --- */

bool issue_has_values(const struct issue *is);
/* Puts their values into zones of ours, and waits for the name servers. When not *ready, *out says
 * when it goes on, or that it begins again. */
MUST_CHECK bool issue_publish_values(struct issue *is, bool *ready, struct issue_outcome *out,
                                     struct err *err);
/* In the transaction of the step after which nobody needs them. */
MUST_CHECK bool issue_leave_values(struct issue *is, struct db *tx, struct err *err);
/* They did not get where the CA would look: begins again later. ERR_DNS: by the owner's CNAME;
 * ERR_DNS_UPDATE: by a zone of ours. */
MUST_CHECK bool issue_values_lost(struct issue *is, enum err_code code, const char *text,
                                  struct issue_outcome *out, struct err *err);

/* When to look again at what the CA has been working on since `since`; retry_at: what it said. */
int64_t issue_poll_at(int64_t since, int64_t retry_at);

/* --- the job --- */

/* Goes on with the issuance until it is in the state `end`, has come to another end, or has to
 * wait. bench/issuance measures the way to ISSUANCE_ISSUED. */
MUST_CHECK bool issue_run(const struct worker *worker, struct arena *mem, const struct job *job,
                          enum issuance_state end, struct job_result *out, struct err *err);
MUST_CHECK bool job_issue(void *worker, struct arena *mem, const struct job *job,
                          struct job_result *out, struct err *err);
