/* SPDX-License-Identifier: Apache-2.0 */

/* accounts: where somebody who signed in begins: the list of accounts, to be searched and paged. */
#include "http/fields.h"
#include "store/account_store.h"
#include "web/handlers.h"
#include "web/list.h"
#include "web/page.h"

bool web_get_start(struct http_req *req, struct http_res *res, struct err *err)
{
    const char *account = web_call_of(req)->who.user->account_id;

    (void)err;
    return web_redirect(res,
                        account ? arena_printf(req->mem, "/accounts/%s", account) : "/accounts");
}

static json_t *row_json(const struct account *account)
{
    return json_pack("{s:s, s:s, s:s}", "id", account->id, "name", account->name, "email",
                     account->email);
}

bool web_list_accounts(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct account_filter filter = {0};
    struct account_list list;
    struct web_list in;
    json_t *rows;

    if (!web_read_list(req, &in, err))
        return false;
    filter.page = in.page;
    filter.name_prefix = in.search;
    if (!account_store_list(req->mem, call->app->db, &call->who.caller.scope, &filter, &list, err))
        return false;
    rows = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(rows, row_json(&list.items[i]));
    return web_reply_page(
        req, res,
        &(struct web_page){.name = "accounts",
                           .title = "Accounts",
                           .place = "accounts",
                           .data =
                               web_list_json(req, &in, rows,
                                             list.has_more ? list.items[list.count - 1].id : NULL)},
        err);
}
