/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * request_limit: how many requests an address may make, as a load balancer in front of the CA
 * counts them: 503 with Retry-After before anything else is looked at. Kept in memory, and lost
 * with the process. A request without an address (no X-Real-IP) is not counted.
 */
#include "ca/limit.h"
#include "ca/problem.h"

/* Buckets that are not full; beyond, the one that is full first is given up. */
#define CA_REQUEST_BUCKETS 8192

struct ca_call;
struct ca_request_limits;

/* Aborts without memory. */
struct ca_request_limits *ca_request_limits_new(void);
void ca_request_limits_free(struct ca_request_limits *requests); /* NULL is fine */

/* Takes a token of this limit and address; thread safe. */
struct ca_spending ca_request_spend(struct ca_request_limits *requests, enum ca_limit_id id,
                                    const struct ca_limit *limit, const char *address,
                                    int64_t now_us);

MUST_CHECK bool ca_request_admit(const struct ca_call *call, enum ca_limit_id id,
                                 struct ca_problem *problem);
