/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * vantage_gate: which questions an edge takes up as a vantage point. Nothing of the relay is
 * believed but what the feed key of the group vouches for, and that once and for as long as it is
 * fresh: it can neither ask by itself nor ask again, and nobody can ask more than VANTAGE_PER_MIN
 * times a minute.
 */
#include "base/id.h"
#include "check/vantage.h"
#include "edge/question.h"
#include "signer/keyring.h"

/* Who may ask. */
struct vantage_keys {
    const struct keyring *ring;
    const char *group;
};

/* Of questions that are taken up, in a ring: the oldest is overwritten. */
struct vantage_gate {
    struct {
        char id[ID_SIZE];
        int64_t at;
    } taken[VANTAGE_PER_MIN];
    size_t next;
};

struct vantage_taken {
    struct vantage_view question;
    uint8_t kid; /* of the feed key that it came under, and that the answer goes under */
};

/* ERR_FORBIDDEN: not authentic, or under a key that is not here, or not
 * fresh, or known already; ERR_RATE_LIMITED; ERR_BAD_INPUT: it is no question. `out` belongs to
 * mem. */
MUST_CHECK bool vantage_gate_take(struct vantage_gate *gate, struct arena *mem,
                                  const struct vantage_keys *keys, struct slice octets,
                                  struct vantage_taken *out, struct err *err);

/* The frame of an answer to what was taken. ERR_INTERNAL. */
MUST_CHECK bool vantage_gate_answer(struct arena *mem, const struct vantage_keys *keys, uint8_t kid,
                                    const struct vantage_view *answer, struct slice *out,
                                    struct err *err);
