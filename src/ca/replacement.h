/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * replacement: the certificate that a request names by its id, and whether an order may replace it
 * (RFC 9773 section 5), refused in Let's Encrypt's words.
 */
#include "ca/call.h"
#include "ca/certificate_store.h"
#include "ca/identifier.h"

/* The certificate of this id. malformed 400: no id; malformed 404: not one of this CA's. */
MUST_CHECK bool ca_replacement_find(const struct ca_call *call, const char *id,
                                    const struct ca_issued **out, struct ca_problem *problem);
/* Whether the calling account may place an order for `names` in its place, and whether that is
 * inside the certificate's window. That no other order does so is the order store's to say. */
MUST_CHECK bool ca_replacement_check(const struct ca_call *call, const char *id,
                                     const struct ca_names *names, bool *is_in_window,
                                     struct ca_problem *problem);
