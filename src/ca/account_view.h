/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* account_view: an account as clients see it (RFC 8555 section 7.1.2). There is no list of orders,
 * as Let's Encrypt has none. */
#include "ca/call.h"

const char *ca_account_url(const struct ca_call *call, int64_t id);
json_t *ca_account_json(const struct ca_account *account);
/* The link to the terms of service, on the answer. */
void ca_account_terms(const struct ca_call *call);
