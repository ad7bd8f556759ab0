/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * renewal: when a certificate should be renewed, by Let's Encrypt's formula, and the id by which
 * clients name it (RFC 9773 section 4). Pure.
 */
#include "ca/certificate_store.h"
#include "ca/problem.h"

struct ca_window {
    int64_t start_at, end_at; /* [start_at, end_at) */
};

/* Around two thirds of the time from its issuance to its end, or half of it below ten days, a
 * hundredth of it on either side; half an hour before `now` when it is revoked or its renewal was
 * asked for. */
struct ca_window ca_renewal_window(const struct ca_issued *issued, int64_t now);

/* Retry-After: 6 hours, but at most a twentieth of the validity, and at least a second. */
int64_t ca_renewal_retry_s(const struct ca_issued *issued);

/* The id of a certificate in DER; NULL when it has no authority key identifier. */
const char *ca_renewal_id(struct arena *mem, struct slice der);
/* The serial number (lower-case hex, as the store has it) of an id; NULL when it is no id. Whether
 * the id is that certificate's whole one is not checked. */
const char *ca_renewal_serial(struct arena *mem, const char *id);
