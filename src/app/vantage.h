/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * vantage: how vantage points (check/vantage.h) are asked. A question (app/vantage_ask.h) goes
 * through the store, where `web` finds it for the agents that are to answer it; they take it up
 * only when it is signed, which the worker alone can have done. What they answer comes back the
 * same way; the worker believes it only by its MAC.
 */
#include "app/app.h"
#include "edge/question.h"
#include "signer/signer.h"
#include "store/edge_store.h"
#include "store/vantage_question_store.h"

/* Turns octets that edge_frame_write() began into whole frames, each. */
MUST_CHECK bool app_vantage_sign_all(struct arena *mem, struct signer *signer, const char *group,
                                     struct slice *octets, size_t count, struct err *err);
/* Has the questions signed that wait for it in this group; for the worker. What is none stays as it
 * is. */
MUST_CHECK bool app_vantage_sign(const struct app *app, struct arena *mem, struct signer *signer,
                                 const char *group, struct err *err);

/* The edge offers itself. Stored at most every VANTAGE_OFFER_MS / 3. ERR_BAD_INPUT. */
MUST_CHECK bool app_vantage_offer(const struct app *app, const struct edge *edge,
                                  const char *region, struct err *err);
/* What the edge is to answer next, after the question `after` ("": any); NULL: nothing. */
MUST_CHECK bool app_vantage_next(const struct app *app, struct arena *mem, const struct edge *edge,
                                 const char *after, const struct vantage_question **out,
                                 struct err *err);
/* ERR_BAD_INPUT: it is no answer; ERR_NOT_FOUND: nobody waits for it. */
MUST_CHECK bool app_vantage_answer(const struct app *app, struct arena *mem,
                                   const struct edge *edge, struct slice octets, struct err *err);
