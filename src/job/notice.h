/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* notice: what the operator is to know, told once for as long as it lasts: an event of the
 * platform, a line of the log, and a place on the operator's pages (app/notice.h). */
#include "job/worker.h"
#include "store/notice_store.h"

/* Of a CA. `text` NULL: it is over. */
MUST_CHECK bool notice_tell_ca(const struct worker *worker, struct arena *mem, const char *ca,
                               enum notice_kind kind, const char *text, struct err *err);

/* A zone of ours (dns.update) cannot be changed. The log has the line without the reason: what a
 * program of the operator's wrote stands in the event alone. */
MUST_CHECK bool notice_tell_zone(const struct worker *worker, struct arena *mem, const char *zone,
                                 const struct err *failed, struct err *err);
/* It was changed: what was told of it is over. */
MUST_CHECK bool notice_end_zone(const struct worker *worker, const char *zone, struct err *err);

/* What the configuration says: certificates in use whose CA it has no more are told, and what was
 * told of CAs and zones that it has no more is over. At start, and when there may be others. */
MUST_CHECK bool notice_look(const struct worker *worker, struct arena *mem, struct err *err);
