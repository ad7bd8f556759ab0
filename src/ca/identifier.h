/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * identifier: which DNS names the sandbox issues for. The form is checked as Boulder does (at most
 * 10 labels, letters, digits and hyphens, no reserved "??--" but well-formed punycode); in place of
 * the public suffix list stands the list of the root's name constraints (R45). Pure.
 */
#include "ca/problem.h"

#define CA_NAMES_MAX       100
#define CA_NAME_MAX        253
#define CA_NAME_LABEL_MAX  63
#define CA_NAME_LABELS_MAX 10
#define CA_COMMON_NAME_MAX 64
#define CA_SUFFIXES_MAX    32

/* DNS suffixes, lower case, no dot in front: a name is permitted below one of them, and equal to
 * one that has more than one label. What is forbidden, with all below it, is not. */
struct ca_suffixes {
    const char *const *items;
    size_t count;
    const char *const *forbidden; /* of the same form */
    size_t forbidden_count;
    /* Of the CA's own front beside localhost, or NULL: a name, which counts when it is permitted;
     * or an address, which its roots may certify, too. */
    const char *own_host;
};

/* test, example, invalid and localhost, and `extra` behind them; ERR_CONFIG with the reason for an
 * extra one that is no DNS suffix, or too many. */
MUST_CHECK bool ca_suffixes_make(struct arena *mem, const char *const *extra, size_t count,
                                 struct ca_suffixes *out, struct err *err);
bool ca_suffixes_permit(const struct ca_suffixes *suffixes, const char *name);

const char *ca_lower_case(struct arena *mem, const char *text); /* of ASCII letters */
bool ca_name_is_wildcard(const char *name);                     /* begins with "*." */
const char *ca_name_base(const char *name); /* "shop.example" of "*.shop.example", and of itself */

/* One name, in lower case. NULL: permitted; else Boulder's sentence, and *type. */
const char *ca_name_refusal(const struct ca_suffixes *suffixes, const char *name,
                            enum ca_problem_type *type);

struct ca_names {
    const char *const *items; /* lower case, sorted, no name twice */
    size_t count;
};

/* The identifiers of newOrder (RFC 8555 section 7.1.3), `value` being an array of {type, value}.
 * One name refused: rejectedIdentifier about it; several: one subproblem each. A name is not
 * ordered together with the wildcard that has it: malformed. */
MUST_CHECK bool ca_names_read(struct arena *mem, const struct ca_suffixes *suffixes,
                              const json_t *value, struct ca_names *out,
                              struct ca_problem *problem);
/* Sorts, lower-cases, drops doubles. */
struct ca_names ca_names_make(struct arena *mem, const char *const *items, size_t count);
bool ca_names_equal(const struct ca_names *a, const struct ca_names *b);
/* "a.test,b.test", and back: what the store keeps, and the key for "the same set of names". */
const char *ca_names_text(struct arena *mem, const struct ca_names *names);
struct ca_names ca_names_split(struct arena *mem, const char *text);
