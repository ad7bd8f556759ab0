/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* term: how long a subscription lasts. */
#include "base/base.h"

/* The same day and time `years` later, UTC; for 29 February, 28 February where there is none. */
int64_t term_end(int64_t start_at, int years);
