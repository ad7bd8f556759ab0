/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* account: the account that a page is about, and the scope of what it holds. Internal. */
#include "store/account_store.h"
#include "web/call.h"

struct web_account {
    const struct account *account;
    struct caller caller; /* who asks, narrowed to the account */
};

/* The account of the path's {account}. ERR_NOT_FOUND when the caller has no such account. */
MUST_CHECK bool web_find_account(const struct http_req *req, struct web_account *out,
                                 struct err *err);
