/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * fault: what the CA does wrong on demand, for as many requests, or as long, as an operator has
 * said (ca/manage_server.h). Kept in memory: a restart ends all. Any thread may use it.
 */
#include "base/base.h"

/* Constant, name, what it does. */
#define CA_FAULTS(X)                                                                               \
    X(BAD_NONCE, "bad-nonce", "signed requests are refused with badNonce")                         \
    X(RATE_LIMITED, "rate-limited", "signed requests are refused with 429 and Retry-After")        \
    X(BUSY, "busy", "requests are refused with 503 and Retry-After")                               \
    X(OUTAGE, "outage", "connections end without an answer, and nothing is done")                  \
    X(SLOW, "slow", "what was asked is done, and answered late")                                   \
    X(CUT, "cut", "what was asked is done, and the answer breaks off in the middle")               \
    X(GARBAGE, "garbage", "what was asked is done, and the answer is random octets")               \
    X(RETRY_DATE, "retry-date", "Retry-After is a date where it would be seconds")                 \
    X(SECONDARY, "secondary-validation", "validations fail at another viewpoint")

#define X(id, name, text) CA_FAULT_##id,
enum ca_fault_kind { CA_FAULTS(X) CA_FAULT_COUNT };
#undef X

const char *ca_fault_name(enum ca_fault_kind kind);
bool ca_fault_parse(const char *name, enum ca_fault_kind *out);
const char *ca_fault_text(enum ca_fault_kind kind);

struct ca_fault {
    int64_t share;    /* of the requests that it could hit, in percent: 1..100 */
    int64_t left;     /* requests that it still hits; 0: any number */
    int64_t until_ms; /* clock_boot_ms(); 0: until it is ended */
    int64_t wait_s;   /* Retry-After, or how late */
};

struct ca_faults;

struct ca_faults *ca_faults_new(void);         /* aborts without memory */
void ca_faults_free(struct ca_faults *faults); /* NULL is fine */

/* In place of what this kind was told before. */
void ca_fault_begin(struct ca_faults *faults, enum ca_fault_kind kind, const struct ca_fault *how);
void ca_fault_end_all(struct ca_faults *faults);
/* Whether it is on, and then how. */
bool ca_fault_get(struct ca_faults *faults, enum ca_fault_kind kind, struct ca_fault *out);

/* Whether this request is one of those; counted. *wait_s is set when it is. */
bool ca_fault_hits(struct ca_faults *faults, enum ca_fault_kind kind, int64_t *wait_s);
