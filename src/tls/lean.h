/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * lean: a library context of OpenSSL with the algorithms of TLS as browsers speak it, and no
 * others.
 *
 * OpenSSL 3.0 decodes the public key of each certificate that a handshake shows, and goes through
 * all that it has, a hundred algorithms and forty decoders, to find out what reads it. With few of
 * them a handshake takes the half (docs/decisions/0289).
 *
 * There are TLS 1.2 and 1.3 with AES-GCM, ChaCha20-Poly1305 and AES-CBC over ECDHE, and
 * certificates with keys of RSA, EC and EdDSA. There are no finite-field Diffie-Hellman, no private
 * keys, and no key in PEM. A certificate with a key of another kind is read, and has no key.
 *
 * Made at the first call, by whatever thread, and for ever. Where it cannot be made, NULL: that is
 * OpenSSL's own context, which does the same, slower.
 */
#include <openssl/types.h>

OSSL_LIB_CTX *tls_lean(void);
