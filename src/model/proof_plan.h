/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * proof_plan: which handshakes prove a certificate. Up to PROOF_ALL_MAX: each name at each place
 * (an address of an edge). Of more: the names that matter most at every place, so that every edge
 * is seen, and a sample of the others. Pure.
 */
#include "base/base.h"

#define PROOF_ALL_MAX    64
#define PROOF_SAMPLE     16
#define PROOF_PLACES_MAX 120 /* more are not looked at in one go */
#define PROOF_PICKS_MAX  (2 * PROOF_PLACES_MAX + PROOF_SAMPLE)

struct proof_pick {
    size_t name, place;
};

struct proof_field {
    size_t names; /* the first `first` of them matter most: at most 2 */
    size_t first;
    size_t places; /* of more than PROOF_PLACES_MAX, these are seen */
    size_t turn;   /* other samples with each */
};

/* `picks` has room for PROOF_PICKS_MAX; returns how many there are: each once, in order
 * of the place. */
size_t proof_plan(const struct proof_field *field, struct proof_pick *picks);
