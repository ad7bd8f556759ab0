/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* zone_notice: that a zone of ours (dns.update) cannot be changed, told the operator once for as
 * long as it lasts: an event of the platform with the reason, and a line of the log without it:
 * what a program of the operator's wrote stands in the event alone. */
#include "job/worker.h"

MUST_CHECK bool zone_notice_tell(const struct worker *worker, struct arena *mem, const char *zone,
                                 const struct err *failed, struct err *err);
/* It was changed: what was told of it is over. */
MUST_CHECK bool zone_notice_end(const struct worker *worker, const char *zone, struct err *err);
