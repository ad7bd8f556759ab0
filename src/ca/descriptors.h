/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* descriptors: how many clients may be connected, by what the system lets this process open. */
#include "base/err.h"

#define CA_CONNECTIONS_MAX 2048
#define CA_CONNECTIONS_MIN 64
/* For database, look-ups, validations and files: what the CA opens itself, at most. */
#define CA_DESCRIPTORS_OWN 640

/* Pure: `limit` descriptors are to be had. ERR_CONFIG when they are too few. */
MUST_CHECK bool ca_connections_of(uint64_t limit, unsigned *out, struct err *err);
/* The same for this process, whose soft limit (RLIMIT_NOFILE) it raises as far as that may be. */
MUST_CHECK bool ca_connections_allowed(unsigned *out, struct err *err);
