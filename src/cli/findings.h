/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* findings: the manual of what a check can find (docs/checks.md), out of the catalogue of
 * check/finding.h. A finding's `docs` names a heading of it. */
#include "base/arena.h"

const char *cli_findings(struct arena *mem);
