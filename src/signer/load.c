/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/load.h"

#include <errno.h>
#include <fcntl.h>
#include <jose/jose.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define EAB_MIN  32
#define TSIG_MIN 16

static bool check_file(const char *path, int fd, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not read %s", path);
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077))
        return err_set(err, ERR_CONFIG, "%s must be a file that only user %u may read", path,
                       geteuid());
    if (st.st_size >= SECRET_MAX)
        return err_set(err, ERR_CONFIG, "%s has %lld octets, at most %d are allowed", path,
                       (long long)st.st_size, SECRET_MAX - 1);
    return true;
}

/* What differs between the two kinds of files. */
struct key_form {
    const char *name; /* of the encoding */
    size_t min;       /* octets */
};

static bool decode(const char *path, const struct key_form *form, const struct secret *text,
                   struct secret *out, struct err *err)
{
    size_t len = jose_b64_dec_buf(text->data, text->len, NULL, 0);

    if (text->len == 0 || len == SIZE_MAX || len > sizeof(out->data) ||
        jose_b64_dec_buf(text->data, text->len, out->data, len) != len)
        return err_set(err, ERR_CONFIG, "%s is not one line of %s", path, form->name);
    if (len < form->min)
        return err_set(err, ERR_CONFIG, "%s has a key of %zu octets, at least %zu are needed", path,
                       len, form->min);
    out->len = len;
    return true;
}

/* One line. */
static bool read_line(const char *path, struct secret *text, struct err *err)
{
    AUTO(fd_closep) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t len;

    if (fd < 0)
        return err_errno(err, ERR_CONFIG, errno, "could not open %s", path);
    if (!check_file(path, fd, err))
        return false;
    len = read(fd, text->data, sizeof(text->data));
    if (len < 0)
        return err_errno(err, ERR_CONFIG, errno, "could not read %s", path);
    text->len = (size_t)len;
    if (text->len > 0 && text->data[text->len - 1] == '\n')
        text->len--;
    return true;
}

bool signer_load_eab(const char *path, struct secret *out, struct err *err)
{
    static const struct key_form form = {"base64url", EAB_MIN};
    AUTO(secret_wipe) struct secret text = {0};

    return read_line(path, &text, err) && decode(path, &form, &text, out, err);
}

/* As keymgr and tsig-keygen write it: the other alphabet (RFC 4648 section 4), padded. */
bool signer_load_tsig(const char *path, struct secret *out, struct err *err)
{
    static const struct key_form form = {"base64", TSIG_MIN};
    AUTO(secret_wipe) struct secret text = {0};

    if (!read_line(path, &text, err))
        return false;
    while (text.len > 0 && text.data[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '+')
            text.data[i] = '-';
        if (text.data[i] == '/')
            text.data[i] = '_';
    }
    return decode(path, &form, &text, out, err);
}

static void wipe(void *secret)
{
    secret_wipe(secret);
}

static void free_keys(void *ring)
{
    keyring_free(ring);
}

static bool load_ca(struct arena *mem, const struct config_ca *from, struct signer_ca *out,
                    struct err *err)
{
    struct secret *secret;

    *out = (struct signer_ca){.id = from->id, .directory = from->directory};
    if (!*from->eab_kid)
        return true;
    secret = arena_new_of(mem, struct secret);
    arena_defer(mem, wipe, secret);
    out->eab_kid = from->eab_kid;
    out->eab_secret = secret;
    return signer_load_eab(from->eab_key_file, secret, err) ||
           err_wrap(err, "EAB key of CA \"%s\"", from->id);
}

static bool load_zone(struct arena *mem, const struct config_dns_update *from,
                      struct signer_zone *out, struct err *err)
{
    struct secret *secret;

    *out = (struct signer_zone){.name = from->zone,
                                .is_sha512 = from->tsig_algorithm == CONFIG_TSIG_SHA512};
    if (from->via != CONFIG_DNS_RFC2136)
        return true;
    secret = arena_new_of(mem, struct secret);
    arena_defer(mem, wipe, secret);
    out->secret = secret;
    return signer_load_tsig(from->tsig_file, secret, err) ||
           err_wrap(err, "TSIG key of zone %s", from->zone);
}

static bool load_keys(struct arena *mem, const char *dir, const struct keyring **out,
                      struct err *err)
{
    struct keyring *ring;

    if (!keyring_load(dir, &ring, err))
        return false;
    arena_defer(mem, free_keys, ring);
    for (enum seal_family i = 0; i < SEAL_FAMILY_COUNT; i++)
        if (!keyring_newest(ring, i))
            return err_set(err, ERR_CONFIG, "%s has no %s key: \"latchkey signer init\" makes it",
                           dir, seal_family_name(i));
    *out = ring;
    return true;
}

bool signer_load(struct arena *mem, const struct config *config, struct signer_server *out,
                 struct err *err)
{
    struct signer_ca *cas = arena_array_of(mem, config->ca_count + 1, struct signer_ca);
    struct signer_zone *zones =
        arena_array_of(mem, config->dns.update_count + 1, struct signer_zone);
    struct signer_server server = {.cas = cas,
                                   .ca_count = config->ca_count,
                                   .zones = zones,
                                   .zone_count = config->dns.update_count};

    if (!load_keys(mem, config->signer.keys_dir, &server.keys, err))
        return false;
    for (size_t i = 0; i < config->ca_count; i++)
        if (!load_ca(mem, &config->ca[i], &cas[i], err))
            return false;
    for (size_t i = 0; i < config->dns.update_count; i++)
        if (!load_zone(mem, &config->dns.updates[i], &zones[i], err))
            return false;
    *out = server;
    return true;
}
