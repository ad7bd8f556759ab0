/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* ca_notice: what the operator is to know about a CA, told once for as long as it lasts: an event
 * of the platform, a line of the log, and a place on the operator's pages (app/ca.h). */
#include "job/worker.h"
#include "store/ca_notice_store.h"

/* `text` NULL: it is over. */
MUST_CHECK bool ca_notice_tell(const struct worker *worker, struct arena *mem, const char *ca,
                               enum ca_notice_kind kind, const char *text, struct err *err);

/* Certificates in use whose CA is not configured any more. At start, and when there may be others.
 */
MUST_CHECK bool ca_notice_gone(const struct worker *worker, struct arena *mem, struct err *err);
