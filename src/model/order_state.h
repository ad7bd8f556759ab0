/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * order_state: what may happen to an order, the commercial wish for a certificate. That it waits
 * for DNS or for the CA is the issuance's state (model/issuance_state.h), not the order's.
 *
 * Pure. Whoever stores a step does so with `UPDATE ... WHERE state = from`.
 */
#include "base/base.h"

#define ORDER_STATES(X)                                                                            \
    X(DRAFT, "draft")                                                                              \
    X(PLACED, "placed")                                                                            \
    X(FULFILLED, "fulfilled")                                                                      \
    X(CANCELLED, "cancelled")                                                                      \
    X(LAPSED, "lapsed") /* its names never pointed to us */                                        \
    X(REFUNDED, "refunded")

#define ORDER_EVENTS(X)                                                                            \
    X(PLACE, "place")                                                                              \
    X(FULFIL, "fulfil")                                                                            \
    X(CANCEL, "cancel")                                                                            \
    X(LAPSE, "lapse")                                                                              \
    X(REFUND, "refund")

#define X(id, name) ORDER_##id,
enum order_state { ORDER_STATES(X) ORDER_STATE_COUNT };
#undef X
#define X(id, name) ORDER_EVENT_##id,
enum order_event { ORDER_EVENTS(X) ORDER_EVENT_COUNT };
#undef X

struct order_step {
    enum order_state from;
    enum order_event on;
    enum order_state to;
    const char *why; /* shown in the timeline */
};

/* The step for this event in this state, or NULL when the event is not allowed there. */
const struct order_step *order_step(enum order_state from, enum order_event on);
/* All steps, for the diagram and the tests. */
const struct order_step *order_steps(size_t *count);

bool order_state_is_final(enum order_state state);
const char *order_state_name(enum order_state state);
MUST_CHECK bool order_state_parse(const char *name, enum order_state *out);
const char *order_event_name(enum order_event event);
