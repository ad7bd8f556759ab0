/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* observe: the looking of a check (check/check.h): DNS, then the check path. Judges nothing. */
#include "check/check.h"

/* observations[i] is of names->names[i]. */
MUST_CHECK bool observe(struct arena *mem, const struct check_env *env,
                        const struct check_names *names, const struct check_expected *expected,
                        struct observation *observations, struct err *err);
