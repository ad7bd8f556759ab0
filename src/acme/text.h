/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* text: texts and URLs of the CA that are safe to show and to use. */
#include "base/arena.h"

/* A copy in printable ASCII, every other octet as \xNN, cut at ACME_TEXT_MAX with "..." at its end.
 * NULL gives "". */
const char *acme_text(struct arena *mem, const char *text);

/* scheme://host[:port] of an http or https URL; NULL when it is none (see acme_url_is_allowed). */
const char *acme_origin(struct arena *mem, const char *url);
/* Whether a request may go to this URL: at most ACME_URL_MAX printable ASCII characters without
 * space, quote, backslash or fragment; a host without user; https, or the very scheme, host and
 * port of `origin`. Where the host leads to is not looked at. */
bool acme_url_is_allowed(const char *url, const char *origin);
/* The same for a page that people are sent to, which may have a fragment. */
bool acme_page_is_allowed(const char *url, const char *origin);
