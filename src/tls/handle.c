/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/handle.h"

#include <openssl/err.h>
#include <stdarg.h>

bool tls_err(struct err *err, enum err_code code, const char *fmt, ...)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    char text[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    ERR_clear_error();
    return err_set(err, code, "%s: %s", text, reason ? reason : "no reason given");
}
