/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * issuance_state: what may happen to an issuance - one attempt at one certificate - as one table.
 *
 * Pure: no clock, no I/O, no allocation. A job run (job/issue.c) does the work of the state it
 * finds, then stores step->to, and what goes with the step, in one transaction:
 *
 *     waiting_dns  check every name
 *     admitted     ask our copy of the CA's limits; make key and CSR
 *     ordering     newOrder, under a committed intent
 *     publishing   publish the challenges; wait until the edges acknowledge them
 *     validating   answer the challenges; poll the ACME order
 *     finalizing   finalize; poll; download the chain
 *     issued       publish the certificate; with the host records, unless another one is live
 *     staging      prove that every edge can show it; publish the host records
 *     deploying    wait until the edges acknowledge them; prove by handshake
 *     live         final: seen on the wire
 *     parked       waits for a person, or rests; `retry` starts again
 *     failed       final
 *
 * docs/architecture.md draws the table.
 */
#include "base/base.h"

#define ISSUANCE_STATES(X)                                                                         \
    X(WAITING_DNS, "waiting_dns")                                                                  \
    X(ADMITTED, "admitted")                                                                        \
    X(ORDERING, "ordering")                                                                        \
    X(PUBLISHING, "publishing")                                                                    \
    X(VALIDATING, "validating")                                                                    \
    X(FINALIZING, "finalizing")                                                                    \
    X(ISSUED, "issued")                                                                            \
    X(STAGING, "staging")                                                                          \
    X(DEPLOYING, "deploying")                                                                      \
    X(LIVE, "live")                                                                                \
    X(PARKED, "parked")                                                                            \
    X(FAILED, "failed")

#define ISSUANCE_EVENTS(X)                                                                         \
    X(DNS_OK, "dns_ok")                 /* at least one name passes, and no required one is bad */ \
    X(DNS_BAD, "dns_bad")               /* looked, and not ready, or could not tell */             \
    X(NO_GAIN, "no_gain")               /* no name can join the certificate that there is */       \
    X(LAPSED, "lapsed")                 /* nobody has cared that it is not ready, for too long */  \
    X(CLAIM_ENDED, "claim_ended")       /* a name is not the domain's any more */                  \
    X(NO_ROOM, "no_room")               /* the CA's limits leave no room before retry_at */        \
    X(PREPARED, "prepared")             /* key and CSR stored, intent to order committed */        \
    X(ORDERED, "ordered")               /* newOrder answered, order pending */                     \
    X(VALID, "valid")                   /* the ACME order is ready (or was at once) */             \
    X(NO_EDGE, "no_edge")               /* none that counts can take it up: the operator acts */   \
    X(VALUES_WAIT, "values_wait")       /* a name server has not the TXT value yet */              \
    X(VALUES_REFUSED, "values_refused") /* the zone could not be changed: tried again */           \
    X(VALUES_LOST, "values_lost")       /* no name server has it in time */                        \
    X(PUBLISHED, "published")           /* every edge that counts serves the challenges */         \
    X(INVALID, "invalid")               /* the CA could not validate a name */                     \
    X(ISSUED, "issued")                 /* chain downloaded, key matches, stored */                \
    X(STAGED, "staged")                 /* the certificate is in the feed, without hosts */        \
    X(DEPLOYED, "deployed")             /* certificate and host records are in the feed */         \
    X(UNPROVEN, "unproven")             /* an edge does not show it yet */                         \
    X(PROVEN, "proven")                 /* every edge that counts showed it */                     \
    X(OUTDATED, "outdated")             /* edges show a later one, which a restored store lacks */ \
    X(CA_UNAVAILABLE, "ca_unavailable") /* no answer, 5xx, or 429: the outcome may be unknown */   \
    X(CA_REFUSED, "ca_refused")         /* a permanent refusal */                                  \
    X(NAME_REFUSED, "name_refused")     /* an alias, permanently: the others can do without it */  \
    X(CA_ORDER_LOST, "ca_order_lost")   /* expired, or not known to the CA any more */             \
    X(CA_ACCOUNT_LOST, "ca_account_lost") /* the CA does not know our account any more */          \
    X(CA_GONE, "ca_gone")     /* the CA is not configured any more: another is asked */            \
    X(RETRY, "retry")         /* a person asked, or its rest is over */                            \
    X(GAVE_UP, "gave_up")     /* too many attempts */                                              \
    X(CANCELLED, "cancelled") /* the order or the domain is gone */

#define X(id, name) ISSUANCE_##id,
enum issuance_state { ISSUANCE_STATES(X) ISSUANCE_STATE_COUNT };
#undef X
#define X(id, name) ISSUANCE_EVENT_##id,
enum issuance_event { ISSUANCE_EVENTS(X) ISSUANCE_EVENT_COUNT };
#undef X

struct issuance_step {
    enum issuance_state from;
    enum issuance_event on;
    enum issuance_state to;
    const char *why; /* shown in the timeline: a clause for people, no full stop */
};

/* The step for this event in this state, or NULL when the event is not allowed there. */
const struct issuance_step *issuance_step(enum issuance_state from, enum issuance_event on);
/* All steps, for the diagram and the tests. */
const struct issuance_step *issuance_steps(size_t *count);

/* Whether an attempt has failed by it, so that it begins again or waits for somebody. */
bool issuance_event_is_failure(enum issuance_event event);
bool issuance_state_is_final(enum issuance_state state);
const char *issuance_state_name(enum issuance_state state);
MUST_CHECK bool issuance_state_parse(const char *name, enum issuance_state *out);
const char *issuance_event_name(enum issuance_event event);
