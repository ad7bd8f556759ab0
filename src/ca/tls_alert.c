/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/tls_alert.h"

static const char *const texts[256] = {
    [0] = "close notify",
    [10] = "unexpected message",
    [20] = "bad record MAC",
    [21] = "decryption failed",
    [22] = "record overflow",
    [30] = "decompression failure",
    [40] = "handshake failure",
    [42] = "bad certificate",
    [43] = "unsupported certificate",
    [44] = "revoked certificate",
    [45] = "expired certificate",
    [46] = "unknown certificate",
    [47] = "illegal parameter",
    [48] = "unknown certificate authority",
    [49] = "access denied",
    [50] = "error decoding message",
    [51] = "error decrypting message",
    [60] = "export restriction",
    [70] = "protocol version not supported",
    [71] = "insufficient security level",
    [80] = "internal error",
    [86] = "inappropriate fallback",
    [90] = "user canceled",
    [100] = "no renegotiation",
    [109] = "missing extension",
    [110] = "unsupported extension",
    [111] = "certificate unobtainable",
    [112] = "unrecognized name",
    [113] = "bad certificate status response",
    [114] = "bad certificate hash value",
    [115] = "unknown PSK identity",
    [116] = "certificate required",
    [120] = "no application protocol",
    [121] = "encrypted client hello required",
};

/* The low octet of what is told is the alert, the other its level; a warning ends nothing. */
static void note_alert(const SSL *ssl, int where, int value)
{
    int *alert = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    if (where == SSL_CB_READ_ALERT && (value >> 8) == SSL3_AL_FATAL)
        *alert = value & 0xff;
}

void ca_tls_alert_watch(SSL_CTX *tls, int *alert)
{
    *alert = -1;
    SSL_CTX_set_app_data(tls, alert);
    SSL_CTX_set_info_callback(tls, note_alert);
}

const char *ca_tls_alert_text(struct arena *mem, int alert)
{
    if (alert >= 0 && alert <= 0xff && texts[alert])
        return arena_printf(mem, "remote error: tls: %s", texts[alert]);
    return arena_printf(mem, "remote error: tls: alert(%d)", alert);
}
