/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * own_zones: the zones of dns.update that `latchkey run` serves itself: those whose server is its
 * own Knot. Each has a TSIG key, made when it is not there, and a file that Knot writes what was
 * changed into, apart from the zones that people change.
 */
#include "base/buf.h"
#include "super/layout.h"

/* Keys and zones that are missing. */
MUST_CHECK bool own_zones_make(struct arena *mem, const struct layout *layout, struct err *err);
/* What Knot's configuration says of them: the keys and who may change what; the zones. ERR_CONFIG
 * when a key cannot be read. */
struct own_zones_lines {
    const char *keys, *zones; /* "" when there is none */
    bool has_secrets;
};
MUST_CHECK bool own_zones_lines(struct arena *mem, const struct layout *layout,
                                struct own_zones_lines *out, struct err *err);
/* Whether `latchkey run` serves this zone so. */
bool own_zones_have(const struct layout *layout, const char *zone);
