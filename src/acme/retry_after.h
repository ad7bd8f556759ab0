/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* retry_after: the Retry-After header (RFC 9110 section 10.2.3) as an instant. */
#include "base/slice.h"

#define ACME_RETRY_MAX_S INT64_C(604800) /* a week; a CA that says more is taken to mean this */

/* Seconds, or an HTTP-date in any of the three forms of RFC 9110 section 5.6.7. `date` is the Date
 * header of the same answer, or empty: a date is read as a distance from it, so that a wrong clock
 * on either side (or a moved one here) does no harm. False, with *out untouched, for anything else.
 * Never earlier than now, never later than ACME_RETRY_MAX_S from now. */
MUST_CHECK bool acme_retry_after(struct slice value, struct slice date, int64_t now, int64_t *out);
