/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ca_breaker: whether a certificate authority is asked at all. After so many failures in a row of
 * the CA itself - no answer, 5xx, answers that make no sense; no refusal of a name, no limit - it
 * is open: nothing is asked but one try at a time, after a growing time. The first answer closes
 * it. Pure: whoever asks stores what it has become, for all workers.
 */
#include "base/base.h"

#define CA_BREAKER_FAILURES   5             /* in a row, until it opens */
#define CA_BREAKER_FIRST_MS   INT64_C(5000) /* before the first try; each time twice that */
#define CA_BREAKER_LONGEST_MS INT64_C(300000)
#define CA_BREAKER_TRY_MS     INT64_C(60000) /* a try of which nothing is heard is given up */
#define CA_BREAKER_ASKED_MS                                                                        \
    INT64_C(3600000) /* the longest that a CA can ask for by Retry-After                           \
                      */

/* All 0: it is closed, and nothing has failed. Instants are unix milliseconds. */
struct ca_breaker {
    int64_t failures;         /* in a row, as long as it was closed */
    int64_t failing_since_at; /* when the first of them was; 0: none */
    int64_t open_since_at;    /* 0: closed */
    int64_t tries;            /* that have failed since */
    int64_t next_try_at;      /* while open: when one may be made, or is given up */
    bool is_trying;           /* somebody is */
};

enum ca_breaker_way {
    CA_BREAKER_PASS, /* ask */
    CA_BREAKER_TRY,  /* ask; *breaker says that somebody does, and is to be stored first */
    CA_BREAKER_WAIT, /* do not, before next_try_at */
};

enum ca_breaker_way ca_breaker_ask(struct ca_breaker *breaker, int64_t now);
/* The same without being the one that tries; changes nothing. */
enum ca_breaker_way ca_breaker_look(const struct ca_breaker *breaker, int64_t now);

/* A failure of the CA itself; retry_at: what it asked for, or 0. True: it opens by it. */
bool ca_breaker_failed(struct ca_breaker *breaker, int64_t now, int64_t retry_at);
/* It has answered. True: it was open. */
bool ca_breaker_answered(struct ca_breaker *breaker);
/* Whether there is anything that an answer would change. */
bool ca_breaker_is_troubled(const struct ca_breaker *breaker);
