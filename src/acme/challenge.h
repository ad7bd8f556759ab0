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
/* token "." thumbprint, which the answer to every type is made of; it is the body of an http-01
 * answer as it stands (section 8.3). ERR_CA_PROTOCOL for a bad token. */
MUST_CHECK bool acme_key_authorization(struct arena *mem, const char *token, const char *thumbprint,
                                       const char **out, struct err *err);
/* Where http-01 is asked for: the path of a token, from the root of the site at port 80. */
#define ACME_HTTP_01_PATH "/.well-known/acme-challenge/"

/* dns-01 (section 8.4): the TXT record's name for an identifier, which may begin with "*.", and its
 * value, base64url(SHA-256(key authorization)). */
#define ACME_DNS_01_LABEL "_acme-challenge"
const char *acme_dns_01_name(struct arena *mem, const char *identifier);
const char *acme_dns_01_value(struct arena *mem, const char *key_authorization);

/* tls-alpn-01 (RFC 8737 section 3): the TLS protocol's name, and what stands in the critical
 * extension id-pe-acmeIdentifier of the certificate that is shown: SHA-256(key authorization). */
#define ACME_TLS_ALPN_01_PROTOCOL "acme-tls/1"
#define ACME_TLS_ALPN_01_OID      "1.3.6.1.5.5.7.1.31"
#define ACME_TLS_ALPN_01_SIZE     32
void acme_tls_alpn_01_digest(const char *key_authorization,
                             unsigned char out[ACME_TLS_ALPN_01_SIZE]);
