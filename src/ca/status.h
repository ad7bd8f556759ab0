/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* status: what an account, order, authorization or challenge is (RFC 8555 section 7.1.6). */
#include "base/err.h"

#define CA_STATUSES(X)                                                                             \
    X(PENDING, "pending")                                                                          \
    X(PROCESSING, "processing")                                                                    \
    X(READY, "ready")                                                                              \
    X(VALID, "valid")                                                                              \
    X(INVALID, "invalid")                                                                          \
    X(DEACTIVATED, "deactivated")

#define X(id, name) CA_STATUS_##id,
enum ca_status { CA_STATUSES(X) CA_STATUS_COUNT };
#undef X

const char *ca_status_name(enum ca_status status);
/* ERR_STORE for a text that is none: it can only come from the database. */
MUST_CHECK bool ca_status_read(const char *text, enum ca_status *out, struct err *err);
