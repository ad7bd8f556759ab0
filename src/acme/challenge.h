/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* challenge: what must be shown to the CA (RFC 8555 section 8). No request is made here. */
#include "base/arena.h"
#include "base/err.h"

/* Whether this is a token: base64url, ACME_TOKEN_MIN to ACME_TOKEN_MAX characters. */
bool acme_token_is_valid(const char *token);
/* RFC 7638 thumbprint (SHA-256, base64url) of a public JWK in JSON text. */
MUST_CHECK bool acme_jwk_thumbprint(struct arena *mem, const char *jwk, const char **out,
                                    struct err *err);
/* token "." thumbprint: the body of an http-01 answer. ERR_CA_PROTOCOL for a bad token. */
MUST_CHECK bool acme_key_authorization(struct arena *mem, const char *token, const char *thumbprint,
                                       const char **out, struct err *err);
