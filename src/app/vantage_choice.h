/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* vantage_choice: which of the edges that have offered themselves are asked as vantage points.
 * Pure. */
#include "check/vantage.h"
#include "store/vantage_store.h"

#define VANTAGE_REST_MS   INT64_C(60000) /* who owed an answer is left alone for so long */
#define VANTAGE_OFFER_MS  INT64_C(30000) /* who has not offered itself for so long is not there */
#define VANTAGE_MINUTE_MS INT64_C(60000)

struct vantage_choice {
    const struct vantage_offer *items[VANTAGES_MAX];
    size_t count;
};

/* One of each region before a second of any, from the `first`-th offer on. Left out is who has had
 * its questions for the minute, who rests, and who would be asked about its own addresses alone. */
struct vantage_choice vantage_choose(const struct vantage_offer_list *offers,
                                     const struct vantage_view *question, int64_t now,
                                     size_t first);
