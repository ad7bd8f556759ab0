/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* observe_dns: what a resolver says of the names: addresses, CAA of each name and of all above it,
 * and the questions that say which zone they are in; all asked together. Judges nothing. */
#include "check/check.h"

/* Fills a, aaaa and caa of observations[i] from names->names[i], and *zone, the answers to
 * zone_queries() (check/observe_zone.h). False only for failures of our own. */
MUST_CHECK bool observe_dns(struct arena *mem, const struct check_env *env,
                            const struct check_names *names, struct observation *observations,
                            const struct dns_answer **zone, struct err *err);
