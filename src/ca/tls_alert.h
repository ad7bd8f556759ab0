/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* tls_alert: why a server refuses a TLS handshake (RFC 8446 section 6), in the words that Go has
 * for it, and so Boulder. */
#include <openssl/ssl.h>

#include "base/arena.h"

/* From here on, alerts that are received by connections of `tls` are noted in *alert, which must
 * live as long; -1 until then. */
void ca_tls_alert_watch(SSL_CTX *tls, int *alert);

/* "remote error: tls: handshake failure" */
const char *ca_tls_alert_text(struct arena *mem, int alert);
