/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* observe: the looking of a check (check/check.h): DNS, its registry, then the check path. Judges
 * nothing. */
#include "check/check.h"
#include "check/zone.h"

struct observed {
    struct observation *names; /* names[i] is filled from the i-th name */
    struct zone_seen *zone;
    struct registration_seen *registration;
    struct vantage_list *vantages;
};

MUST_CHECK bool observe(struct arena *mem, const struct check_env *env,
                        const struct check_names *names, const struct check_expected *expected,
                        const struct observed *out, struct err *err);
