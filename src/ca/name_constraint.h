/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* name_constraint: the limits inside root and intermediate (RFC 5280 section 4.2.1.10, R45): these
 * DNS suffixes, 127.0.0.0/8 and ::1/128, and nothing else of either kind. */
#include <openssl/x509v3.h>

#include "ca/identifier.h"

/* NULL when OpenSSL has no memory. The caller owns the result. */
NAME_CONSTRAINTS *ca_name_constraints_make(const struct ca_suffixes *permitted);

/* Whether `cert` carries exactly these. */
bool ca_name_constraints_match(const X509 *cert, const struct ca_suffixes *permitted);
