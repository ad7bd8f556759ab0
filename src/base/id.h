/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * id: what a thing is called for ever: a prefix, an underscore and the 26 characters of lower-case
 * Crockford base32 of a UUIDv7 (RFC 9562 section 5.7), so that ids sort by time of creation: those
 * of one process strictly (section 6.2, method 3), those of several by the millisecond.
 */
#include "base/arena.h"
#include "base/err.h"

#define ID_KINDS(X)                                                                                \
    X(PARTNER, "par")                                                                              \
    X(ACCOUNT, "acc")                                                                              \
    X(USER, "usr")                                                                                 \
    X(SITE, "site")                                                                                \
    X(DOMAIN, "dom")                                                                               \
    X(CLAIM, "clm")                                                                                \
    X(SUBSCRIPTION, "sub")                                                                         \
    X(ORDER, "ord")                                                                                \
    X(ISSUANCE, "iss")                                                                             \
    X(CERTIFICATE, "crt")                                                                          \
    X(CA_ACCOUNT, "caa")                                                                           \
    X(CHECK, "chk")                                                                                \
    X(EVENT, "evt")                                                                                \
    X(HISTORY, "his")                                                                              \
    X(JOB, "job")                                                                                  \
    X(EDGE, "edge")                                                                                \
    X(TOKEN, "tok")                                                                                \
    X(QUESTION, "qst")                                                                             \
    X(REQUEST, "req")

#define X(id, prefix) ID_##id,
enum id_kind { ID_KINDS(X) ID_KIND_COUNT };
#undef X

#define ID_SUFFIX_LEN 26
#define ID_SIZE       32 /* the longest prefix, '_', 26 characters, NUL: fits */

/* A new id; its time part is the real clock, which LATCHKEY_CLOCK_FILE does not move. */
const char *id_new(struct arena *mem, enum id_kind kind);
/* Whether `text` is a well-formed id of this kind. It says nothing about existence. */
bool id_is(const char *text, enum id_kind kind);
const char *id_prefix(enum id_kind kind);
