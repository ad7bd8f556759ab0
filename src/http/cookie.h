/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* cookie: reading and setting cookies (RFC 6265). */
#include "http/response.h"

/* The value of this cookie; NULL when it is not there. */
const char *http_cookie(const struct http_req *req, const char *name);

/* Name and value are tokens: printable ASCII without space, quote, comma, semicolon, backslash. A
 * name that begins with "__Host-" fits the attributes that every cookie gets here: Secure, Path=/,
 * HttpOnly, SameSite=Lax, no Domain. It ends with the browser. */
void http_set_cookie(struct http_res *res, const char *name, const char *value);
void http_drop_cookie(struct http_res *res, const char *name);
