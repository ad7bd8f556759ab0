/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* contact: how to reach an account's holder (RFC 8555 section 7.3): mail addresses, by Boulder's
 * rules. Nothing is ever sent there. */
#include "ca/problem.h"

#define CA_CONTACTS_MAX   10
#define CA_CONTACT_LENGTH 320

/* `value`: the member "contact", NULL when absent. *out: a JSON array as text. unsupportedContact,
 * invalidContact. */
MUST_CHECK bool ca_contacts_read(struct arena *mem, const json_t *value, const char **out,
                                 struct ca_problem *problem);
