/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * overview: the line about each domain that lists and counts are made from
 * (store/overview_store.h). What is stored with every change is only that a line is out of date; it
 * is made again when somebody is about to look, and by a job.
 *
 * A line says nothing of what is the same for all domains at once: while no edge counts, those that
 * are made again meanwhile say so, the others do not.
 */
#include "app/status.h"
#include "store/overview_store.h"

#define OVERVIEW_REFRESH_MAX 100 /* lines at a time */

/* Makes the lines of the scope that were out of date at `at` again, at most OVERVIEW_REFRESH_MAX;
 * *is_more: there were more. A line that changes meanwhile stays out of date. */
MUST_CHECK bool app_overview_refresh(const struct app *app, const struct scope *scope, int64_t at,
                                     bool *is_more, struct err *err);

/* The line for this status at `now`; ids, name and version are kept. Pure. */
void overview_of(const struct status *status, int64_t now, struct overview *out);
