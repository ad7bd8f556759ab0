/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * challenge_store: the challenge of an authorization that its client has taken up. An authorization
 * has at most one; until then its challenges are only offered, and nothing is stored of them.
 */
#include "ca/challenge.h"
#include "ca/order_store.h"

struct ca_challenge {
    int64_t id, authorization_id;
    enum ca_challenge_type type;
    enum ca_status status; /* processing, valid, invalid */
    const char *error;     /* a problem document, or NULL */
    const char *record;    /* JSON array: what was connected to; or NULL */
    int64_t validated_at;  /* 0 = not */
};

/* *out = NULL: there is none. */
MUST_CHECK bool ca_challenge_get(struct arena *mem, struct db *db, int64_t id,
                                 const struct ca_challenge **out, struct err *err);
/* *out = NULL: none of the authorization has been taken up. */
MUST_CHECK bool ca_challenge_of(struct arena *mem, struct db *db, int64_t authorization_id,
                                const struct ca_challenge **out, struct err *err);
/* What control of a name was shown by. */
struct ca_proved {
    const char *name;
    enum ca_challenge_type method;
};

struct ca_proved_list {
    const struct ca_proved *items;
    size_t count;
};

/* Of the authorizations that an order needs, those that were validated before `before`. */
MUST_CHECK bool ca_challenge_old(struct arena *mem, struct db *db, int64_t order_id, int64_t before,
                                 struct ca_proved_list *out, struct err *err);
/* Its id is given by the database; processing. ERR_LOST_RACE: one has been taken up before. */
MUST_CHECK bool ca_challenge_start(struct arena *mem, struct db *db, int64_t authorization_id,
                                   enum ca_challenge_type type, int64_t *id, struct err *err);
/* processing -> valid (`error` NULL) or invalid. */
MUST_CHECK bool ca_challenge_finish(struct db *db, int64_t id, const char *error,
                                    const char *record, int64_t at, struct err *err);
/* Those that a killed CA left in processing: as ca_order_processing(). */
MUST_CHECK bool ca_challenge_processing(struct arena *mem, struct db *db, int64_t after_id,
                                        struct ca_ids *out, struct err *err);

extern const struct query_list ca_challenge_queries;
