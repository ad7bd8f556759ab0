/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * form_guard: whether a form that came in is ours. The browser says where it comes from (Origin,
 * RFC 6454 section 7; Fetch Metadata), and it has the code that is derived from the visitor's
 * secret. Pure.
 */
#include "base/arena.h"

/* What every form of a visitor with this secret has as "form_code". */
const char *form_code(struct arena *mem, const char *secret);
/* In a time that does not depend on where they differ. */
bool form_code_is(const char *code, const char *given);
/* NULL for a header that was not sent: old browsers send neither, and the code decides alone. */
bool form_is_same_origin(const char *public_url, const char *origin, const char *fetch_site);
