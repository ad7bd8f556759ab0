/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* host_field: a name as most forms of DNS providers want it. Pure. */
#include "base/arena.h"

/* "@", "www", "a.b": a name relative to its registered domain; the whole name where it is not below
 * it. */
const char *host_field(struct arena *mem, const char *registered, const char *name);
