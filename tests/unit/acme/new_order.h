/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An order for two names, and what the CA of world.h may say to it. */
#include "acme/order.h"
#include "world.h"

#define URN "urn:ietf:params:acme:error:"
#define ORDER                                                                                      \
    "{\"status\":\"pending\",\"identifiers\":[],\"authorizations\":[],\"finalize\":\"{}/f\"}"
#define CREATED "HTTP/1.1 201 Created\r\nLocation: {}/order/1\r\nReplay-Nonce: n0\r\n"

static inline bool new_order(struct world *w, struct acme_order **out, struct err *err)
{
    static const char *const names[] = {"a.example", "www.a.example"};
    const struct acme_order_request want = {.names = names, .name_count = ARRAY_LEN(names)};

    return acme_order_new(w->mem, &w->call, &want, out, err);
}
