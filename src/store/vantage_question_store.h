/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * vantage_question_store: what vantage points are asked and what they say, for the seconds that a
 * question lives. Whoever asks stores it; the worker has it signed; `web` hands it to the agents of
 * the edges that it is for, and stores what they answer. Octets are edge/question.h and are not
 * looked into here.
 */
#include "db/db.h"

struct vantage_question {
    const char *id; /* in the order of asking, nearly: base/id.h */
    const char *group;
    int64_t until;
    struct slice octets; /* without key id and MAC until is_signed */
    bool is_signed;
};

struct vantage_question_list {
    const struct vantage_question *items;
    size_t count;
};

/* Of one edge that was asked. */
struct vantage_answer {
    const char *edge_id;
    struct slice octets; /* data NULL: not yet */
};

struct vantage_answer_list {
    const struct vantage_answer *items;
    size_t count;
};

#define VANTAGE_UNSIGNED_MAX 64 /* that are read at a time */

extern const struct query_list vantage_question_queries;

MUST_CHECK bool vantage_question_store_add(struct db *tx, const struct vantage_question *question,
                                           struct err *err);
MUST_CHECK bool vantage_question_store_ask(struct db *tx, const char *id, const char *edge_id,
                                           int64_t now, struct err *err);
/* Those of the group that are not signed and not over. */
MUST_CHECK bool vantage_question_store_unsigned(struct arena *mem, struct db *db, const char *group,
                                                int64_t now, struct vantage_question_list *out,
                                                struct err *err);
MUST_CHECK bool vantage_question_store_sign(struct db *db, const char *id, struct slice octets,
                                            struct err *err);
/* The first signed one after `after` ("": any) that the edge has not answered; NULL: none. */
MUST_CHECK bool vantage_question_store_next(struct arena *mem, struct db *db, const char *edge_id,
                                            const char *after, int64_t now,
                                            const struct vantage_question **out, struct err *err);
/* Whether any signed one waits for an answer. */
MUST_CHECK bool vantage_question_store_is_open(struct db *db, int64_t now, bool *out,
                                               struct err *err);
/* ERR_LOST_RACE: the edge was not asked this, or has answered, or its time is over. */
MUST_CHECK bool vantage_question_store_answer(struct db *db, const char *id, const char *edge_id,
                                              struct slice octets, int64_t now, struct err *err);
MUST_CHECK bool vantage_question_store_answers(struct arena *mem, struct db *db, const char *id,
                                               struct vantage_answer_list *out, struct err *err);
/* Those that ended before `before`, and their answers. */
MUST_CHECK bool vantage_question_store_forget(struct db *tx, int64_t before, struct err *err);
