/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * err: why something could not be done.
 *
 * A function that can fail returns bool and fills a caller-owned `struct err`. The table below is
 * the one place that says what a kind of failure is called on the wire, which HTTP status it has
 * (RFC 9110) and who must act; the API, pages, jobs and mails all read it.
 */
#include "base/base.h"

/* code, wire name, HTTP status, who must act */
#define ERR_CODES(X)                                                                               \
    X(INTERNAL, "internal", 500, OPERATOR)                                                         \
    X(BAD_REQUEST, "bad_request", 400, CALLER)                                                     \
    X(UNAUTHENTICATED, "unauthenticated", 401, CALLER)                                             \
    X(FORBIDDEN, "forbidden", 403, CALLER)                                                         \
    X(NOT_FOUND, "not_found", 404, CALLER)                                                         \
    X(BAD_METHOD, "method_not_allowed", 405, CALLER)                                               \
    X(CONFLICT, "conflict", 409, CALLER)                                                           \
    X(GONE, "gone", 410, CALLER)                                                                   \
    X(TOO_LARGE, "too_large", 413, CALLER)                                                         \
    X(URI_TOO_LONG, "uri_too_long", 414, CALLER)                                                   \
    X(BAD_TYPE, "unsupported_media_type", 415, CALLER)                                             \
    X(BAD_INPUT, "bad_input", 422, CALLER)                                                         \
    X(TOO_MANY_HEADERS, "too_many_headers", 431, CALLER)                                           \
    X(RATE_LIMITED, "rate_limited", 429, WAIT)                                                     \
    X(BAD_CERT, "bad_cert", 422, CALLER)                                                           \
    X(CONFIG, "config", 500, OPERATOR)                                                             \
    X(STORE, "store", 500, OPERATOR)                                                               \
    X(FULL, "full", 507, OPERATOR) /* a disk or a map: room must be made */                        \
    X(BUSY, "busy", 503, WAIT)                                                                     \
    X(LOST_RACE, "lost_race", 409, WAIT)                                                           \
    X(SIGNER, "signer", 503, OPERATOR)                                                             \
    X(CRYPTO, "crypto", 500, OPERATOR)                                                             \
    X(DNS, "dns", 409, OWNER)                                                                      \
    X(DNS_UPDATE, "dns_update", 502, OPERATOR)                                                     \
    X(NET, "net", 502, WAIT)                                                                       \
    X(TIMEOUT, "timeout", 504, WAIT)                                                               \
    X(CA_REFUSED, "ca_refused", 502, OWNER)                                                        \
    X(CA_PROTOCOL, "ca_protocol", 502, OPERATOR)                                                   \
    X(CA_BUSY, "ca_busy", 503, WAIT)

enum err_actor { ACTOR_CALLER, ACTOR_OWNER, ACTOR_OPERATOR, ACTOR_WAIT };

#define X(id, name, http, actor) ERR_##id,
enum err_code { ERR_NONE, ERR_CODES(X) ERR_COUNT };
#undef X

#define ERR_TEXT_MAX  512
#define ERR_FIELD_MAX 64

/* Filled by the function that failed; owned by whoever declared it. Never allocated. */
struct err {
    enum err_code code;
    int64_t retry_at;          /* unix milliseconds, 0 = the caller's own schedule */
    char field[ERR_FIELD_MAX]; /* the input field that is wrong, or "" */
    char text[ERR_TEXT_MAX];   /* lower case, no final stop: what could not be done, value, why */
};

/* All return false, so that a failing path is one line: return err_set(err, ...); */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF(3, 4);
bool err_field(struct err *err, const char *field, const char *fmt, ...) PRINTF(3, 4);
bool err_wrap(struct err *err, const char *fmt, ...) PRINTF(2, 3);
/* As err_set, with ": " and the text of errno `number` at the end. */
bool err_errno(struct err *err, enum err_code code, int number, const char *fmt, ...) PRINTF(4, 5);

const char *err_name(enum err_code code);
int err_http(enum err_code code);
enum err_actor err_actor(enum err_code code);
const char *err_actor_name(enum err_actor actor); /* "caller", "owner", "operator", "wait" */
