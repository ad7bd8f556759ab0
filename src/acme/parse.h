/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * parse: the objects of RFC 8555 section 7.1 and RFC 9773 section 4.2 from the JSON text of an
 * answer. No request is made. `origin` is that of the CA's directory. All fail with ERR_CA_PROTOCOL
 * and say which member is wrong. Fields that come from headers (url, retry_at) are left empty.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

struct acme_account_info;
struct acme_authorization;
struct acme_challenge;
struct acme_directory;
struct acme_order;
struct acme_order_list;
struct acme_renewal_info;

MUST_CHECK bool acme_parse_directory(struct arena *mem, const char *origin, struct slice body,
                                     struct acme_directory **out, struct err *err);
MUST_CHECK bool acme_parse_account(struct arena *mem, const char *origin, struct slice body,
                                   struct acme_account_info **out, struct err *err);
MUST_CHECK bool acme_parse_order(struct arena *mem, const char *origin, struct slice body,
                                 struct acme_order **out, struct err *err);
MUST_CHECK bool acme_parse_order_list(struct arena *mem, const char *origin, struct slice body,
                                      struct acme_order_list **out, struct err *err);
MUST_CHECK bool acme_parse_renewal_info(struct arena *mem, const char *origin, struct slice body,
                                        struct acme_renewal_info **out, struct err *err);
MUST_CHECK bool acme_parse_authorization(struct arena *mem, const char *origin, struct slice body,
                                         struct acme_authorization **out, struct err *err);
MUST_CHECK bool acme_parse_challenge(struct arena *mem, const char *origin, struct slice body,
                                     struct acme_challenge **out, struct err *err);
