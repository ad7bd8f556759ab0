/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * eab: external account binding (RFC 8555 section 7.3.4): a JWS inside of newAccount by which the
 * holder of a MAC key that the operator gave out binds the account to it. Pure. Refusals are in the
 * words of Pebble, since Boulder has no binding.
 */
#include "ca/jws.h"

#define CA_EAB_KID_MAX 128

/* One whose form is good; nothing in it is trusted before ca_eab_verify(). */
struct ca_eab {
    enum ca_mac { CA_MAC_HS256, CA_MAC_HS384, CA_MAC_HS512, CA_MAC_COUNT } mac;
    const char *kid;
    struct ca_jws jws;
};

/* `value` is the member externalAccountBinding, `url` that of the request. malformed: no JWS of
 * this form, with another algorithm than HS256, HS384 and HS512, without a kid, with a nonce, for
 * another URL. */
MUST_CHECK bool ca_eab_read(struct arena *mem, const json_t *value, const char *url,
                            struct ca_eab *out, struct ca_problem *problem);
/* unauthorized: the MAC is not that of `mac_key`; malformed: what it binds is not the key with this
 * hash (ca_key_hash()). */
MUST_CHECK bool ca_eab_verify(struct arena *mem, const struct ca_eab *eab, struct slice mac_key,
                              const char *key_hash, struct ca_problem *problem);
