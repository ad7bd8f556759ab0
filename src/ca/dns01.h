/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * dns01: dns-01 (RFC 8555 section 8.4) by Boulder's rules. One of the TXT records at
 * "_acme-challenge." and the name, CNAMEs followed, must be the digest of the key authorization;
 * the strings of a record are joined.
 */
#include "ca/validator.h"

#define CA_DNS01_PREFIX    "_acme-challenge."
#define CA_DNS01_SHOWN_MAX 100 /* characters of a wrong record in the problem */

ca_prove ca_dns01_prove;

/* base64url of the SHA-256 of the key authorization: what the record has to say. */
const char *ca_dns01_digest(struct arena *mem, const char *key_authorization);
