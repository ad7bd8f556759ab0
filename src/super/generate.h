/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* generate: the configuration files of nginx and Knot, out of ours. */
#include "model/name_set.h"
#include "super/layout.h"

/* front.conf, origin.conf and edge/NAME/nginx.conf, with the folders they need. */
MUST_CHECK bool generate_nginx(struct arena *mem, const struct layout *layout, struct err *err);
/* front.conf, with the CA alone behind it. */
MUST_CHECK bool generate_ca_front(struct arena *mem, const struct layout *layout, struct err *err);
/* dns/knot.conf, with "." and every zone that has a file in dns/zones/; all but "." may be updated
 * (RFC 2136) by who holds `update_secret` (base64, hmac-sha256, its name "latchkey"); NULL: by
 * nobody. */
MUST_CHECK bool generate_knot(struct arena *mem, const struct layout *layout,
                              const char *update_secret, struct err *err);
/* dns/zones/NAME.zone, NAME being the first of the set, with the platform's addresses for every
 * name of it, unless there is one. */
MUST_CHECK bool generate_zone(struct arena *mem, const struct layout *layout,
                              const struct name_set *names, struct err *err);
/* dns/zones/SUFFIX.zone, where every name below the suffix is 127.0.0.1, unless there is one. */
MUST_CHECK bool generate_suffix_zone(struct arena *mem, const struct layout *layout,
                                     const char *suffix, struct err *err);

const char *generate_edge_dir(struct arena *mem, const struct layout *layout, const char *edge);
