/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/authority_former.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "ca/authority_file.h"
#include "ca/certificate.h"
#include "ca/state_dir.h"

DEFINE_FREEP(DIR, (void)!closedir)

#define PREFIX   "former-"
#define CERT_END ".pem"
#define KEY_END  ".key"

static const char *file_of(struct arena *mem, const char *id, const char *end)
{
    return arena_printf(mem, PREFIX "%s%s", id, end);
}

bool ca_former_keep(struct arena *mem, const char *dir, X509 *cert, const EVP_PKEY *key,
                    struct err *err)
{
    const char *id = ca_certificate_fingerprint(mem, cert);

    return ca_authority_write_cert(mem, dir, file_of(mem, id, CERT_END), cert, err) &&
           ca_authority_write_key(mem, dir, file_of(mem, id, KEY_END), key, err);
}

bool ca_former_key(struct arena *mem, const char *dir, const char *id, EVP_PKEY **out,
                   struct err *err)
{
    return ca_authority_read_key(mem, dir, file_of(mem, id, KEY_END), out, err);
}

/* The id in the name of a certificate's file; NULL: it is another file. */
static const char *id_in(struct arena *mem, const char *name)
{
    size_t len = strlen(name), around = strlen(PREFIX) + strlen(CERT_END);

    if (len <= around || strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
        strcmp(name + len - strlen(CERT_END), CERT_END) != 0)
        return NULL;
    return arena_strndup(mem, name + strlen(PREFIX), len - around);
}

/* The key goes first: without the certificate nobody would know when it may. */
static bool sweep_one(struct arena *mem, const char *dir, const char *id, int64_t at,
                      struct err *err)
{
    const char *file = file_of(mem, id, CERT_END);
    X509 *cert;

    if (!ca_authority_read_cert(mem, dir, file, &cert, err))
        return false;
    return !cert || ca_certificate_not_after(cert) > at ||
           (ca_state_remove(ca_state_path(mem, dir, file_of(mem, id, KEY_END)), err) &&
            ca_state_remove(ca_state_path(mem, dir, file), err));
}

bool ca_former_sweep(struct arena *mem, const char *dir, int64_t at, struct err *err)
{
    AUTO(DIR_freep) DIR *folder = opendir(dir);
    const struct dirent *entry;

    if (!folder)
        return err_errno(err, ERR_CONFIG, errno, "cannot read the folder %s", dir);
    while ((entry = readdir(folder))) {
        const char *id = id_in(mem, entry->d_name);

        if (id && !sweep_one(mem, dir, id, at, err))
            return false;
    }
    return true;
}
