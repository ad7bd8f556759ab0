/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * manage_eab: the keys of external account binding, on the management socket (manage_server.h):
 *
 *     GET    /eab          {"keys": [{kid, name, once, created, used, accounts}]}, none revoked
 *     POST   /eab          {name, once}, both optional: makes one; its mac_key is shown here alone
 *     DELETE /eab/{kid}    revokes it; what it has bound stays
 */
#include "base/err.h"

struct http_req;
struct http_res;

bool ca_manage_list_eab(struct http_req *req, struct http_res *res, struct err *err);
bool ca_manage_add_eab(struct http_req *req, struct http_res *res, struct err *err);
bool ca_manage_revoke_eab(struct http_req *req, struct http_res *res, struct err *err);
