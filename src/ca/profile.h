/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * profile: what a certificate may be ordered as. Let's Encrypt's three, in its numbers and shapes,
 * and the operator's own, which may live for minutes. Pure.
 */
#include "ca/certificate.h"

struct ca_profile {
    const char *name;
    const char *description; /* what the directory says of it */
    int64_t life_ms;         /* of a certificate */
    size_t names_max;
    enum ca_cert_kind kind;
    bool has_common_name;
    int64_t pending_ms, valid_ms; /* of an authorization */
    int64_t order_ms;             /* of an order */
};

/* The first one is taken when an order names none. */
struct ca_profiles {
    const struct ca_profile *items;
    size_t count;
};

struct ca_own_profile {
    const char *name;
    int64_t life_s;
};

/* Let's Encrypt's, and behind them `own`, which are shaped as `shortlived`; one that has the name
 * of a profile before it changes that one's lifetime and nothing else. */
struct ca_profiles ca_profiles_make(struct arena *mem, const struct ca_own_profile *own,
                                    size_t count);
/* NULL: there is none. */
const struct ca_profile *ca_profile_find(const struct ca_profiles *profiles, const char *name);

/* How long an authorization must still be valid to be used again: an eighth of an order's life, at
 * least an hour and at most a day, as with Let's Encrypt. */
int64_t ca_profile_reuse_left_ms(const struct ca_profile *profile);

/* How long before its issuance a certificate begins to be valid: 58 min 30 s as with Let's Encrypt,
 * but at most a hundredth of its life. */
int64_t ca_profile_backdate_ms(const struct ca_profile *profile);
