/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* random: from the kernel (getrandom(2)); aborts when that is impossible. */
#include "base/base.h"

void random_bytes(void *out, size_t len);
uint64_t random_below(uint64_t n);            /* uniform in 0..n-1; n > 0 */
int64_t random_between(int64_t a, int64_t b); /* uniform in a..b-1; a < b */
