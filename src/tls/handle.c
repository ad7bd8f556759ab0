/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/handle.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>
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

const char *tls_pem(struct arena *mem, const char *label, const struct slice *ders, size_t count)
{
    AUTO(BIO_freep) BIO *text = BIO_new(BIO_s_mem());
    char *data;
    long len;

    assert(text); /* out of memory, as in an arena */
    for (size_t i = 0; i < count; i++) {
        int put = PEM_write_bio(text, label, "", ders[i].data, (long)ders[i].len);

        assert(put > 0);
    }
    len = BIO_get_mem_data(text, &data);
    return arena_strndup(mem, data, (size_t)len);
}
