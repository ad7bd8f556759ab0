/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* who_acts: who has to do something about a finding. "nobody": we try again by ourselves. */
#include "base/base.h"

#define WHO_ACTS(X)                                                                                \
    X(NOBODY, "nobody")                                                                            \
    X(OWNER, "owner")                                                                              \
    X(PARTNER, "partner")                                                                          \
    X(OPERATOR, "operator")

#define X(id, name) WHO_##id,
enum who_acts { WHO_ACTS(X) WHO_COUNT };
#undef X

const char *who_acts_name(enum who_acts who);
MUST_CHECK bool who_acts_parse(const char *name, enum who_acts *out);
