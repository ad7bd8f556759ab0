/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* care: somebody cares for a domain - has ordered, asked for a look, or opened its page - so that
 * it is looked at often for a while (model/watch_pace.h). */
#include "app/app.h"

#define CARE_AGAIN_MS INT64_C(60000) /* an open page counts as often as this */
#define CARE_FIRST_MS INT64_C(3000)  /* an order has looked itself before that */

/* In the caller's transaction, which has whoever checks the names look by itself; the next glance
 * is at `look_at` or earlier. */
MUST_CHECK bool app_care(struct db *tx, const char *domain_id, int64_t look_at, struct err *err);
/* Its page is open. The caller has found the domain in their scope. What is not watched is left
 * alone, and so is what cannot be stored: the page is shown all the same. */
void app_care_seen(const struct app *app, struct arena *mem, const char *domain_id);
