/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* name_fault: what is said of an input that is not a name which can be ordered. Pure. */
#include "check/report.h"
#include "model/hostname.h"

/* Not ready, with one finding; `why` is hostname_read()'s own words. `fault` is not HOSTNAME_NONE.
 * `out` belongs to mem. */
void check_refuse(struct arena *mem, const char *input, enum hostname_fault fault, const char *why,
                  struct check_report *out);
