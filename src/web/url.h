/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* url: texts in addresses of pages. Pure. */
#include "base/arena.h"

/* Percent-encoded for a value in a query (RFC 3986 sections 2.3 and 3.4); "/" stays. */
const char *web_url_encode(struct arena *mem, const char *text);
/* Where to after signing in: `next` when it is a path of this site and nothing else, at most
 * WEB_NEXT_MAX octets; else "/". NULL is fine. */
#define WEB_NEXT_MAX 200
const char *web_safe_next(const char *next);
