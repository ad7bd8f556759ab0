/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * edge_standing: what an edge counts for (DESIGN "Which edges count"). The operator or automation
 * sets whether it shall be in rotation; whether it follows the feed and answers on its addresses is
 * seen (model/edge_wait.h); what follows from both is one table. Pure.
 *
 * An edge that was down, out of rotation or is new must have every record there was at its return
 * before it counts: until then nothing waits for it, and nothing is proven with it.
 */
#include "base/base.h"

#define EDGE_STANDINGS(X)                                                                          \
    X(COUNTED, "counted")         /* orders wait for it, and certificates are proven with it */    \
    X(LAGGING, "lagging")         /* the same, but it takes up no records at present */            \
    X(DOWN, "down")               /* an alarm is on */                                             \
    X(CATCHING_UP, "catching_up") /* back, and behind */                                           \
    X(OUT, "out")                 /* out of rotation */

#define EDGE_EVENTS(X)                                                                             \
    X(LOST, "lost")                                                                                \
    X(FOUND_DOWN, "down")                                                                          \
    X(RETURNED, "back")                                                                            \
    X(CAUGHT_UP, "caught_up")                                                                      \
    X(TAKEN_OUT, "taken_out")                                                                      \
    X(PUT_IN, "put_in")

#define X(id, name) STANDING_##id,
enum edge_standing { EDGE_STANDINGS(X) STANDING_COUNT };
#undef X
#define X(id, name) EDGE_EVENT_##id,
enum edge_event { EDGE_EVENTS(X) EDGE_EVENT_COUNT };
#undef X

enum edge_alarm { EDGE_ALARM_NONE, EDGE_ALARM_BEGINS, EDGE_ALARM_ENDS };

struct edge_step {
    enum edge_standing from;
    enum edge_event on;
    enum edge_standing to;
    enum edge_alarm alarm;
    const char *why; /* completes "edge <name> ..." */
};

/* NULL: the event is not allowed there. */
const struct edge_step *edge_step(enum edge_standing from, enum edge_event on);
const struct edge_step *edge_steps(size_t *count);

const char *edge_standing_name(enum edge_standing standing);
MUST_CHECK bool edge_standing_parse(const char *name, enum edge_standing *out);
const char *edge_event_name(enum edge_event event);
