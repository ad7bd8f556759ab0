/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* period: a span as people write it: 90s, 10m, 3h, 7d. */
#include "base/err.h"

/* Seconds, 1..max_s. ERR_CONFIG. */
MUST_CHECK bool period_parse(const char *text, int64_t max_s, int64_t *out, struct err *err);
