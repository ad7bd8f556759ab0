/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* quote: octets of others in a problem, in quotation marks, as Go's %q writes them for Boulder; but
 * for letters outside of ASCII, which are escaped as well, for problems are ASCII (ca/problem.h).
 */
#include "base/arena.h"
#include "base/slice.h"

const char *ca_quoted(struct arena *mem, struct slice octets);
