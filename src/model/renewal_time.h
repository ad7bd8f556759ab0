/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * renewal_time: when a certificate is replaced by a new one, when its CA is asked about that again
 * (RFC 9773), how long a failed attempt rests, and from when a failing renewal is a risk. Pure: the
 * clock and the random number come from the caller.
 *
 * The life of a certificate is counted from when we got it, not from its notBefore: a CA whose
 * clock is behind ours cannot make us renew again and again what it has just issued.
 */
#include "base/base.h"

struct renewal_life {
    int64_t obtained_at; /* when we got it */
    int64_t not_after_at;
};

/* start_at <= renew < end_at */
struct renewal_window {
    int64_t start_at, end_at;
};

/* Where the window came from. */
#define RENEWAL_SOURCES(X)                                                                         \
    X(LIFE, "life") /* two thirds of its life, or half of it below ten days */                     \
    X(CA, "ca")     /* the CA's renewal information */

/* What a renewal is doing, for people and the API. */
#define RENEWAL_STATES(X)                                                                          \
    X(NONE, "none")           /* there is no live certificate to renew */                          \
    X(SCHEDULED, "scheduled") /* waits for its instant */                                          \
    X(RENEWING, "renewing")   /* a new certificate is on its way */                                \
    X(FAILING, "failing")     /* an attempt has failed; it goes on by itself */                    \
    X(STOPPED, "stopped")     /* the term is over: it is not renewed */

#define X(id, name) RENEWAL_FROM_##id,
enum renewal_source { RENEWAL_SOURCES(X) RENEWAL_SOURCE_COUNT };
#undef X
#define X(id, name) RENEWAL_##id,
enum renewal_state { RENEWAL_STATES(X) RENEWAL_STATE_COUNT };
#undef X

/* Two thirds of the life, half of it when that is under ten days, one per cent of the life to
 * either side. */
struct renewal_window renewal_window_of_life(const struct renewal_life *life);
/* Whether an answer of the CA is a window at all (RFC 9773 section 4.2: end after start). */
bool renewal_window_is_valid(const struct renewal_window *window);

/*
 * One instant out of the window, uniformly by `random`. The end is left out for as long as the way
 * to newOrder may take us (RENEWAL_MARGIN_MS, at most a quarter of the window), for behind it the
 * CA's exemption from its limits is lost. To be stored, and drawn again only for another window.
 */
#define RENEWAL_MARGIN_MS INT64_C(600000)
int64_t renewal_draw(const struct renewal_window *window, uint64_t random);

/*
 * When to renew, given the instant drawn: then, but not later than the backstop (half of what the
 * default leaves: five sixths of the life, three quarters below ten days), and not sooner after we
 * got it than a tenth of its life or an hour, whichever is less, so that a CA that always says
 * "now" does not make us order without end.
 */
int64_t renewal_at(const struct renewal_life *life, int64_t drawn_at);
int64_t renewal_backstop_at(const struct renewal_life *life);

/* When to ask the CA again, which wants it at `retry_at` (acme/ari.h). 0: never, because the
 * certificate would have expired (RFC 9773 section 4.3.2). */
int64_t renewal_poll_at(const struct renewal_life *life, int64_t retry_at);

/* How long an attempt that needs a person's help rests before it is tried again all the same: 1,
 * 10, 100 minutes, a day; never longer than a tenth of what is left of the life (an hour when
 * nothing is), and at least a second. `failures` counts from 1. */
int64_t renewal_rest_ms(const struct renewal_life *life, int64_t failures, int64_t now);

/* How long the edges may take to show a successor that was issued at `issued_at`, before another
 * one is made in its place: a quarter of what is left of the old one's life, at most a day. */
int64_t renewal_patience_ms(const struct renewal_life *life, int64_t issued_at);

/* From when a renewal that fails is shown as a risk: a quarter of the way from when it was due to
 * the expiry. */
int64_t renewal_risk_at(const struct renewal_life *life, int64_t due_at);

const char *renewal_source_name(enum renewal_source source);
MUST_CHECK bool renewal_source_parse(const char *name, enum renewal_source *out);
const char *renewal_state_name(enum renewal_state state);
MUST_CHECK bool renewal_state_parse(const char *name, enum renewal_state *out);
