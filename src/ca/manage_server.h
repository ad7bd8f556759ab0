/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * manage_server: the management interface of a running CA (R45): HTTP on the socket manage.sock in
 * the CA's folder, mode 0600, and nowhere else.
 *
 *     GET    /faults          what is on: {"faults": [{kind, text, share, left, for_s, wait_s}]}
 *     POST   /faults/{kind}   {share, count, for_s, wait_s}, each of them optional
 *     DELETE /faults          ends all
 *     POST   /certificates/{serial}/renew-now      -> {"certificates": N}
 *     POST   /certificates/{serial}/revoke         {reason, account}, optional -> {"certificates":
 * N} POST   /accounts/lose                        -> {"accounts": N} POST
 * /accounts/{account}/unpause           -> {"names": N} GET    /clock -> {"now": RFC 3339,
 * "offset_s": N} PUT    /clock           {to}: "real", "+90d" or a time -> the same
 *
 * and those of ca/manage_eab.h. `serial` is hexadecimal, `account` a number; either may be "all".
 * What each does: ca/manage.h. Errors are problem documents (RFC 9457), as of any server of
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
