/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* provider: whose DNS it is, by the names of its servers, and what its form wants for a host. The
 * providers are data (provider_rows.inc). Pure. */
#include "check/zone.h"

struct provider {
    const char *name;        /* "Cloudflare" */
    const char *patterns[4]; /* of its servers' names, for fnmatch(3) */
    const char *apex_host;   /* what is typed as the host of the domain itself: "@", or "" */
    const char *note;        /* one more thing to know, a sentence; "" = none */
};

/* NULL when it is not known, or the servers are of several. */
const struct provider *provider_of(const struct zone_seen *zone);
