/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * hostname: what somebody typed, as a name that may be put in a certificate (R14, R15).
 *
 * Input is UTF-8 in any case, a final dot and surrounding spaces allowed; U-labels become A-labels
 * by IDNA2008, nontransitional (RFC 5891, UTS 46). Stored and compared is only the lower-case
 * A-label form without a final dot. It says nothing about existence, ownership or reserved names
 * (model/name_set.h).
 */
#include "base/arena.h"
#include "base/err.h"
#include "model/suffix_list.h"

#define HOSTNAME_MAX        253  /* octets, RFC 1035 section 2.3.4, without the final dot */
#define HOSTNAME_LABEL_MAX  63   /* octets */
#define HOSTNAME_LABELS_MAX 10   /* as Let's Encrypt */
#define HOSTNAME_INPUT_MAX  2048 /* octets of input */

/* Why a name is refused: a stable code for findings. The err text says which limit or label. */
#define HOSTNAME_FAULTS(X)                                                                         \
    X(NONE, "ok")                                                                                  \
    X(EMPTY, "name_empty")                                                                         \
    X(TOO_LONG, "name_too_long")                                                                   \
    X(LABEL_TOO_LONG, "label_too_long")                                                            \
    X(TOO_MANY_LABELS, "too_many_labels")                                                          \
    X(EMPTY_LABEL, "empty_label")                                                                  \
    X(BAD_CHARACTER, "bad_character")                                                              \
    X(UNDERSCORE, "underscore")                                                                    \
    X(HYPHEN, "hyphen") /* a label begins or ends with it */                                       \
    X(IDN_INVALID,                                                                                 \
      "idn_invalid") /* not IDNA2008, or "xn--" or "??--" that is not a valid A-label */           \
    X(IP_ADDRESS, "ip_address")                                                                    \
    X(SINGLE_LABEL, "single_label")                                                                \
    X(WILDCARD, "bad_wildcard") /* a star that is not the whole first label */                     \
    X(RESERVED_TLD, "reserved_tld")                                                                \
    X(UNKNOWN_SUFFIX, "unknown_suffix")                                                            \
    X(PUBLIC_SUFFIX, "public_suffix")

#define X(id, name) HOSTNAME_##id,
enum hostname_fault { HOSTNAME_FAULTS(X) HOSTNAME_FAULT_COUNT };
#undef X

struct hostname {
    const char *name;       /* lower-case A-labels; begins with "*." when is_wildcard */
    const char *base;       /* name without "*." */
    const char *registered; /* its registered domain */
    const char *unicode;    /* name for eyes only */
    bool is_wildcard;
    bool is_registered; /* base is itself the registered domain */
};

/* HOSTNAME_NONE and `out`, or the fault, with `err` ERR_BAD_INPUT (field "name"). */
enum hostname_fault hostname_read(struct arena *mem, const struct suffix_list *list,
                                  const char *input, struct hostname *out, struct err *err);
/* hostname_read() for callers who do not care which fault it was. */
MUST_CHECK bool hostname_parse(struct arena *mem, const struct suffix_list *list, const char *input,
                               struct hostname *out, struct err *err);

/* Syntax alone, of a name that should already be lower-case A-labels (from a store, a Host header
 * or a CA): LDH, limits, one leading "*." at most, at least two labels. No suffix rules, no IDNA.
 */
MUST_CHECK bool hostname_check(const char *name, struct err *err);

#define HOSTNAME_STAR "*." /* what the name of a wildcard begins with */
bool hostname_is_wildcard(const char *name);
/* The name without it. */
const char *hostname_base(const char *name);
/* Whether a name lies below another, by whole labels. Both as hostname_check() takes them. */
bool hostname_is_under(const char *name, const char *parent);
/* The same, or is it. */
bool hostname_is_within(const char *name, const char *parent);

/* The U-label form for display; `name` itself unless it is the A-label form of what is shown, or
 * when a label mixes scripts (model/script.h). */
const char *hostname_unicode(struct arena *mem, const char *name);
/* What the names that somebody searches for begin with, when only their beginning was typed: in the
 * form of the store. Of a U-label at the end, which may go on, the ASCII letters count alone, since
 * an A-label has them first (RFC 3492 section 3.1): more is found then than was typed, never less.
 */
const char *hostname_prefix(struct arena *mem, const char *typed);
const char *hostname_fault_name(enum hostname_fault fault);
