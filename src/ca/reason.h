/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* reason: why a certificate is revoked: the reasons that Let's Encrypt takes (RFC 5280 section
 * 5.3.1). */
#include "base/base.h"

#define CA_REASON_KEY_COMPROMISE 1
#define CA_REASON_CESSATION      5
#define CA_REASONS_TEXT                                                                            \
    "unspecified (0), keyCompromise (1), superseded (4), cessationOfOperation (5)"

const char *ca_reason_name(int64_t code); /* NULL: none of these */
bool ca_reason_parse(const char *name, int64_t *out);
