/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* revocation: why a certificate is revoked (RFC 5280 section 5.3.1): those of the reasons that CAs
 * take from a subscriber. Pure. */
#include "base/base.h"

/* id, name, code on the wire */
#define REVOCATION_REASONS(X)                                                                      \
    X(UNSPECIFIED, "unspecified", 0)                                                               \
    X(KEY_COMPROMISE, "key_compromise", 1)                                                         \
    X(SUPERSEDED, "superseded", 4)                                                                 \
    X(CESSATION_OF_OPERATION, "cessation_of_operation", 5)

#define X(id, name, code) REVOCATION_##id,
enum revocation_reason { REVOCATION_REASONS(X) REVOCATION_REASON_COUNT };
#undef X

const char *revocation_reason_name(enum revocation_reason reason);
MUST_CHECK bool revocation_reason_parse(const char *name, enum revocation_reason *out);
int revocation_reason_code(enum revocation_reason reason);
/* Whether it is asked for by the certificate's own key, as long as there is one. Who shows that key
 * shows that somebody has it: Let's Encrypt then takes every reason for a compromise, and refuses
 * the key, and revokes what else has it. So for no other reason. */
bool revocation_is_by_key(enum revocation_reason reason);
