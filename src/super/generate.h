/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* generate: the configuration files of nginx and Knot, out of ours. */
#include "model/name_set.h"
#include "super/layout.h"

/* front.conf, origin.conf and edge/NAME/nginx.conf, with the folders they need. */
MUST_CHECK bool generate_nginx(struct arena *mem, const struct layout *layout, struct err *err);
/* dns/knot.conf, with "." and every zone that has a file in dns/zones/. */
MUST_CHECK bool generate_knot(struct arena *mem, const struct layout *layout, struct err *err);
/* dns/zones/NAME.zone, NAME being the first of the set, with the platform's addresses for every
 * name of it, unless there is one. */
MUST_CHECK bool generate_zone(struct arena *mem, const struct layout *layout,
                              const struct name_set *names, struct err *err);

const char *generate_edge_dir(struct arena *mem, const struct layout *layout, const char *edge);
