/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ca_seats: how many threads of a worker may ask one CA at the same time. A CA that does not answer
 * holds each of them until the deadline of its request; where there are several CAs it never holds
 * all, so that orders at the others go on (decision 0270).
 */
#include "base/err.h"

struct ca_seats;

/* Of one CA among `cas` (at least 1), for a worker with so many threads (at least 1). */
struct ca_seats *ca_seats_new(unsigned threads, size_t cas);
void ca_seats_free(struct ca_seats *seats); /* NULL: nothing */

/* Never waits. ERR_CA_BUSY with retry_at, about a second from now: all that `ca` (its name, for
 * the text) may hold are taken. May be called by many threads. */
MUST_CHECK bool ca_seats_take(struct ca_seats *seats, const char *ca, struct err *err);
/* What was taken. */
void ca_seats_leave(struct ca_seats *seats);
