/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * vantage_point: an edge that offers itself to look at names from where it is (decision 0266).
 *
 *     GET  <feed>/v1/edge/questions?region=<region>&after=<id>&wait=<s>   200: one question; 204:
 * none POST <feed>/v1/edge/answers                                          what was seen
 *
 * Both are edge/question.h around check/vantage.h. One thread asks for questions and lets
 * vantage_gate.h decide; VANTAGE_AT_ONCE others look and answer. What goes wrong is logged and
 * tried again, ever later. Nothing is kept.
 */
#include "feed/edge_db.h"
#include "feed/feed_client.h"
#include "feed/vantage_look.h"

#define VANTAGE_AT_ONCE 4 /* questions that are looked at; as many more wait */

struct vantage_point_options {
    struct feed_place feed;
    const char *region; /* where the edge says it is */
    const char *group;
    const char *keys_dir;
    struct vantage_place place;
};

struct vantage_point;

/* Runs for as long as the process; so do `options`. Answers begin with the first check key. */
MUST_CHECK bool vantage_point_start(const struct vantage_point_options *options,
                                    struct vantage_point **out, struct err *err);
/* Takes the check key out of the settings of the LMDB, by the thread that owns that. */
MUST_CHECK bool vantage_point_take_key(struct vantage_point *point, struct edge_db *db,
                                       struct err *err);
