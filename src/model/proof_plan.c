/* SPDX-License-Identifier: Apache-2.0 */
#include "model/proof_plan.h"

#include <assert.h>
#include <stdlib.h>

static size_t every(size_t names, size_t places, struct proof_pick *picks)
{
    size_t count = 0;

    for (size_t place = 0; place < places; place++)
        for (size_t name = 0; name < names; name++)
            picks[count++] = (struct proof_pick){name, place};
    return count;
}

static int by_place(const void *a, const void *b)
{
    const struct proof_pick *left = a, *right = b;

    return (left->place > right->place) - (left->place < right->place);
}

size_t proof_plan(const struct proof_field *field, struct proof_pick *picks)
{
    size_t places = field->places < PROOF_PLACES_MAX ? field->places : PROOF_PLACES_MAX;
    size_t rest = field->names - field->first, count;

    assert(field->first <= 2 && field->first <= field->names);
    if (field->names * places <= PROOF_ALL_MAX)
        return every(field->names, places, picks);
    count = every(field->first, places, picks);
    if (rest == 0)
        return count;
    for (size_t i = 0; i < PROOF_SAMPLE && i < rest; i++) {
        size_t name = field->first + (i * rest / PROOF_SAMPLE + field->turn) % rest;

        picks[count++] = (struct proof_pick){rest < PROOF_SAMPLE ? field->first + i : name,
                                             (i + field->turn) % places};
    }
    qsort(picks, count, sizeof(*picks), by_place);
    return count;
}
