/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/authority_file.h"

#include <openssl/pem.h>

#include "base/buf.h"
#include "ca/certificate.h"
#include "ca/state_dir.h"
#include "tls/key.h"

static void release_key(void *key)
{
    EVP_PKEY_free(key);
}

EVP_PKEY *ca_key_keep(struct arena *mem, EVP_PKEY *key)
{
    arena_defer(mem, release_key, key);
    return key;
}

bool ca_authority_read_cert(struct arena *mem, const char *dir, const char *name, X509 **out,
                            struct err *err)
{
    const char *path = ca_state_path(mem, dir, name);
    AUTO(BIO_freep) BIO *bio = NULL;
    struct slice text;
    X509 *cert;

    *out = NULL;
    if (!ca_state_read(mem, path, CA_AUTHORITY_FILE_MAX, &text, err))
        return false;
    if (!text.data)
        return true;
    bio = BIO_new_mem_buf(text.data, (int)text.len);
    cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    if (!cert)
        return tls_err(err, ERR_CONFIG, "cannot read a certificate from %s", path);
    *out = ca_cert_keep(mem, cert);
    return true;
}

bool ca_authority_read_key(struct arena *mem, const char *dir, const char *name, EVP_PKEY **out,
                           struct err *err)
{
    const char *path = ca_state_path(mem, dir, name);
    EVP_PKEY *key = NULL;

    *out = NULL;
    if (!ca_state_exists(path))
        return true;
    if (!key_read_file(path, &key, err))
        return false;
    *out = ca_key_keep(mem, key);
    return true;
}

bool ca_authority_write_cert(struct arena *mem, const char *dir, const char *name, X509 *cert,
                             struct err *err)
{
    const char *pem;

    return ca_certificate_pem(mem, cert, &pem, err) &&
           ca_state_write(mem, ca_state_path(mem, dir, name), slice_str(pem), 0644, err);
}

bool ca_authority_write_key(struct arena *mem, const char *dir, const char *name,
                            const EVP_PKEY *key, struct err *err)
{
    const char *path = ca_state_path(mem, dir, name);
    const char *fresh = arena_printf(mem, "%s.new", path);

    return ca_state_remove(fresh, err) && key_write_file(fresh, key, err) &&
           ca_state_rename(fresh, path, err);
}

bool ca_authority_prepend(struct arena *mem, const char *dir, const char *name, const char *pem,
                          struct err *err)
{
    const char *path = ca_state_path(mem, dir, name);
    struct buf text = buf_new(mem, CA_AUTHORITY_FILE_MAX);
    struct slice former;

    if (!ca_state_read(mem, path, CA_AUTHORITY_FILE_MAX, &former, err))
        return false;
    buf_str(&text, pem);
    buf_slice(&text, former);
    if (!buf_ok(&text))
        return err_set(err, ERR_CONFIG, "%s has grown too large", path);
    return ca_state_write(mem, path, buf_view(&text), 0644, err);
}
