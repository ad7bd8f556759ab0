/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * http01: http-01 (RFC 8555 section 8.3) by Boulder's rules.
 *
 * The first IPv6 address is tried before the first IPv4 address, and the latter only when the
 * former could not be dialled. At most 10 redirects, by 301, 302, 307 or 308, to http or https, to
 * the ports of the validator, to a DNS name, with a path of at most 2000 octets, never to a place
 * seen before. The answer counts when its status is 200 and its body, below 128 octets and without
 * the white space at its end, is the key authorization.
 */
#include "ca/validator.h"

#define CA_REDIRECTS_MAX     10
#define CA_REDIRECT_PATH_MAX 2000

ca_prove ca_http01_prove;
