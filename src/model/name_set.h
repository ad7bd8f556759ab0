/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * name_set: which names one order covers (R54), and which names nobody can order because they are
 * the platform's own (R41).
 */
#include "model/hostname.h"

#define NAME_SET_MAX 100 /* of one certificate: what CAs allow */

struct name_set {
    const char *names[NAME_SET_MAX];
    size_t count;
    const char *offered;  /* a www name that may be ordered beside it, or NULL */
    const char *left_out; /* a www name that would break a limit, or NULL */
    const char *left_out_why;
};

/* What a name covers by itself. A registered domain: it and www; a wildcard: it and the name below
 * the star; else the name alone. The first name is the one ordered (a wildcard comes before its
 * base). */
void name_set_cover(struct arena *mem, const struct hostname *name, struct name_set *out);

/* The wildcards that a name may be below, the nearest first: a DNS star stands for any number of
 * labels (RFC 4592 section 2.2.1). Of a wildcard: those that the name behind its own star is below.
 */
struct name_stars {
    const char *names[HOSTNAME_LABELS_MAX];
    size_t count;
};
void name_stars_above(struct arena *mem, const char *name, struct name_stars *out);

/* The entry of `reserved` (lower-case A-labels) that `name` is, is under, or, as a wildcard,
 * covers; NULL when none. */
const char *name_reserved_by(const char *const *reserved, size_t count, const char *name);
