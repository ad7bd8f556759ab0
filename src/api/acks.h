/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * acks: stores how far the edges are, all together in one transaction, however often they ask: what
 * is new ACKS_GATHER_MS after the first edge has said it, because an order waits for it and all
 * edges say it at about the same time, but every ACKS_NEWS_MS on average; that an edge is still
 * where it was at most every ACKS_EVERY_MS. The last value of an edge wins. One thread.
 */
#include "app/app.h"

#define ACKS_GATHER_MS 2
#define ACKS_NEWS_MS   20
#define ACKS_EVERY_MS  50
#define ACKS_MAX       1024 /* edges between two times of storing; more of them are told ERR_BUSY */

struct api_acks;

MUST_CHECK bool api_acks_start(const struct app *app, struct api_acks **out, struct err *err);
/* Stores what is left. NULL is fine. */
void api_acks_stop(struct api_acks *acks);

struct edge;

/* The edge asked for the feed, and has everything up to (epoch, seq) for good. Returns at once. */
MUST_CHECK bool api_acks_add(struct api_acks *acks, const struct edge *edge, int64_t epoch,
                             int64_t seq, struct err *err);
