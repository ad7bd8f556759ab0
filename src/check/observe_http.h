/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * observe_http: asks the check path at each address of the names: at those of the expected set, and
 * at others that may be connected to (R49). Redirects are followed as a certificate authority does
 * (Boulder: ten, 301, 302, 307 and 308, http and https, the two ports, no loop; certificates are
 * not looked at), but only on the same host: what another host answers is not ours. Judges nothing.
 */
#include "check/check.h"

#define CHECK_REDIRECTS_MAX 10

/* Fills probes and strangers of each observation, whose addresses are known. */
MUST_CHECK bool observe_http(struct arena *mem, const struct check_env *env,
                             const struct check_names *names, const struct check_expected *expected,
                             struct observation *observations, struct err *err);
