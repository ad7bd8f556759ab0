/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* observe_vantage: what vantage points are asked: the addresses of the names that may be connected
 * to. Nobody is asked when there is none. */
#include "check/vantage.h"

struct check_env;

/* The addresses of observations[i] are known. */
void observe_vantage_ask(struct arena *mem, const struct check_env *env,
                         const struct check_expected *expected,
                         const struct observation *observations, size_t count);
