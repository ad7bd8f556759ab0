/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * suffix_list: the public suffix list, and which top-level names are sold. The one part of the
 * model that reads a file, once, at start.
 */
#include "base/arena.h"
#include "base/err.h"

struct suffix_list;

struct suffix_options {
    const char *file; /* a list in the form of publicsuffix.org; NULL = the system's newest */
    const char *const *extra; /* names.extra_suffixes: lower-case A-labels without a leading dot */
    size_t extra_count;
    bool is_sandbox; /* `example` counts as an extra suffix */
};

/* Owned by `mem`; read-only afterwards, so that threads may share it. */
MUST_CHECK bool suffix_list_load(struct arena *mem, const struct suffix_options *options,
                                 const struct suffix_list **out, struct err *err);

/* All names below are lower-case A-labels. */
bool suffix_is_public(const struct suffix_list *list, const char *name); /* is itself a suffix */
/* Whether `name` ends in a suffix of the list itself (its default rule `*` does not count) or in an
 * extra one. */
bool suffix_is_known(const struct suffix_list *list, const char *name);
bool suffix_is_extra(const struct suffix_list *list, const char *name); /* is or ends in one */
/* The registered domain: a pointer into `name`; NULL when `name` is itself a public suffix. */
const char *suffix_registered_domain(const struct suffix_list *list, const char *name);
