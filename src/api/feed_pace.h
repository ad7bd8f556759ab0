/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * feed_pace: how soon after an answer with records an edge gets the next one, so that an edge which
 * asks again at once is not answered for each record by itself when there are many (decision 0274).
 * In memory, per process, the same however many edges there are. Used by many threads.
 */
#include "base/base.h"

/* Between two answers with records to one edge, but for so many in a row after a while without any.
 * What is stored meanwhile is answered together. */
#define FEED_PACE_MS       20
#define FEED_PACE_IN_A_ROW 2

struct feed_pace;

struct feed_pace *feed_pace_new(void);
void feed_pace_free(struct feed_pace *pace); /* NULL is fine */

/* How long to wait yet, in ms; 0: answer now. `now` is clock_boot_ms(). Two edges may share a pace:
 * that costs a wait of FEED_PACE_MS at most. */
int64_t feed_pace_left(struct feed_pace *pace, const char *edge_id, int64_t now);
/* It is answered now, with records. */
void feed_pace_answered(struct feed_pace *pace, const char *edge_id, int64_t now);
