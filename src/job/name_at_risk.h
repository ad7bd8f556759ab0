/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* name_at_risk: names that a live certificate has and that do not pass any more. For name_check.c.
 */
#include "job/name_check.h"

/* What the last look, which name_check_take() has put at the name, makes of it: told in the
 * timeline, and when it is looked at again. Stores nothing else. */
MUST_CHECK bool name_risk_settle(struct arena *mem, struct db *tx, const struct name_check_of *of,
                                 struct domain_name *name, struct err *err);
