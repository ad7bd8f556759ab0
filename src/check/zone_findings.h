/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* zone_findings: what is wrong with the name servers of a zone, whatever they say of the names.
 * Pure. */
#include "check/facts.h"

#define ZONE_FINDINGS_MAX 2

/* `first` is any name of the check. Returns how many were filled. */
size_t zone_findings(struct arena *mem, const struct facts *first,
                     struct finding out[ZONE_FINDINGS_MAX]);
