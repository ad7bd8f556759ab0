/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * http01: http-01 (RFC 8555 section 8.3) by Boulder's rules.
 *
 * The first IPv6 address is tried before the first IPv4 address, and the latter only when nothing
 * could be dialled, then from the beginning. Redirects by 301, 302, 307 or 308 are followed
 * (ca/redirect.h), never to a URL that was asked for before. The answer counts when its status is
 * 200 and its body, below 128 octets and without the white space at its end, is the key
 * authorization.
 */
#include "ca/validator.h"

#define CA_REDIRECTS_MAX 11 /* Boulder says 10 and counts from 0 */

ca_prove ca_http01_prove;
