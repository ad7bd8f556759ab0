/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* domain_list: domains with their badges, for a page of a list. Internal. */
#include "store/overview_store.h"
#include "web/call.h"
#include "web/list.h"

enum web_domain_row { WEB_DOMAIN_ROW, WEB_DOMAIN_ROW_WITH_ACCOUNT };

struct web_domain_list {
    struct caller caller;
    bool is_ordered_only; /* those that a certificate was ordered for */
    const enum badge_kind *badge;
    enum web_domain_row row;
};

/* Of an account: domain, state, what happens next, paid until. */
extern const struct web_list_kind web_domain_columns;

/* The page's data, as web_list_json(); each row is what view_domain() says, and "badge", "next",
 * "term_end", "account" as asked for. */
MUST_CHECK bool web_domain_list(const struct http_req *req, const struct web_list *list,
                                const struct web_domain_list *of, json_t **out, struct err *err);

/* What lists and counts show is made true for the scope first. When that cannot be done they show
 * what they have. */
void web_refresh_overview(const struct web_call *call, const struct scope *scope);
