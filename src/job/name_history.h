/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* name_history: what a look has seen of each name, where it differs from the look before. */
#include "job/name_check.h"

MUST_CHECK bool name_history_keep(struct arena *mem, struct db *tx, const struct domain *domain,
                                  const struct check_report *report, struct err *err);
