/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* extension: values of X.509 extensions that name a place or a key (RFC 5280 sections 4.2 and 5.2).
 * NULL: OpenSSL refused. The caller owns what it gets. */
#include <openssl/x509v3.h>
#include <stdbool.h>

/* Takes `string` over in any case. */
bool ca_general_name_push(GENERAL_NAMES *names, int type, ASN1_STRING *string);

/* The key identifier of `issuer`; it may be the unfinished certificate itself, so nothing that
 * caches looks at it. */
AUTHORITY_KEYID *ca_authority_key_id_make(const X509 *issuer);
/* caIssuers: where the certificate of the issuer is. */
AUTHORITY_INFO_ACCESS *ca_issuer_access_make(const char *url);
/* The one place where the CRL is. */
CRL_DIST_POINTS *ca_crl_points_make(const char *url);
/* What a CRL is about: the certificates of users that name one of these places; 0: those of CAs. */
ISSUING_DIST_POINT *ca_issuing_point_make(const char *const *urls, size_t count);
