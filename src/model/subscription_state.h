/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * subscription_state: the paid term of one domain, bound to it for life (R9, R10). The life of a
 * certificate is something else: it is renewed as long as subscription_is_served().
 *
 * Pure. active -> expiring (30 days before the term ends, without auto-renew) -> grace (30 days
 * after it) -> expired; cancelled from all but the final ones.
 */
#include "base/base.h"

#define SUBSCRIPTION_STATES(X)                                                                     \
    X(ACTIVE, "active")                                                                            \
    X(EXPIRING, "expiring")                                                                        \
    X(GRACE, "grace")                                                                              \
    X(EXPIRED, "expired")                                                                          \
    X(CANCELLED, "cancelled")

#define SUBSCRIPTION_EVENTS(X)                                                                     \
    X(END_NEAR, "end_near")                                                                        \
    X(TERM_ENDED, "term_ended")                                                                    \
    X(GRACE_ENDED, "grace_ended")                                                                  \
    X(RENEW, "renew")                                                                              \
    X(CANCEL, "cancel")

#define X(id, name) SUBSCRIPTION_##id,
enum subscription_state { SUBSCRIPTION_STATES(X) SUBSCRIPTION_STATE_COUNT };
#undef X
#define X(id, name) SUBSCRIPTION_EVENT_##id,
enum subscription_event { SUBSCRIPTION_EVENTS(X) SUBSCRIPTION_EVENT_COUNT };
#undef X

struct subscription_step {
    enum subscription_state from;
    enum subscription_event on;
    enum subscription_state to;
    const char *why; /* shown in the timeline */
};

/* The step for this event in this state, or NULL when the event is not allowed there. */
const struct subscription_step *subscription_step(enum subscription_state from,
                                                  enum subscription_event on);
/* All steps, for the diagram and the tests. */
const struct subscription_step *subscription_steps(size_t *count);

/* Whether its certificates are still renewed and served: in every state but the final ones. */
bool subscription_is_served(enum subscription_state state);
bool subscription_state_is_final(enum subscription_state state);
const char *subscription_state_name(enum subscription_state state);
MUST_CHECK bool subscription_state_parse(const char *name, enum subscription_state *out);
const char *subscription_event_name(enum subscription_event event);
