/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * manage_server: the management interface of a running CA (R45): HTTP on the socket manage.sock in
 * the CA's folder, mode 0600, and nowhere else.
 *
 *     GET    /faults          what is on: {"faults": [{kind, text, share, left, for_s, wait_s}]}
 *     POST   /faults/{kind}   {share, count, for_s, wait_s}, each of them optional
 *     DELETE /faults          ends all
 *
 *     POST   /certificates/{serial}/renew-now   {"certificates": N}
 *     POST   /certificates/{serial}/revoke      {"certificates": N}; takes {reason, account}
 *     POST   /accounts/lose                     {"accounts": N}
 *     POST   /accounts/{account}/unpause        {"names": N}
 *     POST   /accounts/{account}/agree          {"accounts": N}; to the terms that are in force
 *     GET    /terms                             {"version": N}
 *     POST   /terms                             the same; others are in force from now on
 *
 *     GET    /clock           {"now": RFC 3339, "offset_s": N}
 *     PUT    /clock           the same; takes {to}: "real", "+90d", "-1h" or a time
 *
 *     GET    /eab             {"keys": [{kid, name, once, created, used, accounts}]}, none revoked
 *     POST   /eab             one of these, and its mac_key; takes {name, once}, both optional
 *     DELETE /eab/{kid}       {"kid": KID}; what the key has bound stays
 *
 * `serial` is hexadecimal, `account` a number; either may be "all". What each does: ca/manage.h,
 * ca/terms.h, ca/eab_store.h. Errors are problem documents (RFC 9457), as of any server of
 * src/http.
 */
#include "base/arena.h"
#include "base/err.h"

#define CA_MANAGE_SOCKET "manage.sock"
#define CA_FAULT_WAIT_S  2 /* when a request for a fault does not say */

struct ca;
struct http_server;

/* `ca` must outlive it. ERR_CONFIG when the socket cannot be made. */
MUST_CHECK bool ca_manage_start(struct ca *ca, struct http_server **out, struct err *err);
