/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "dns/resolver.h"

/* Boulder's sentence about a look-up that gave no records. */
const char *ca_dns_text(struct arena *mem, const struct dns_answer *answer);
