/* SPDX-License-Identifier: Apache-2.0 */
#include "super/own_zones.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>

#include "base/random.h"
#include "super/render.h"

#define SECRET_SIZE 32
#define SECRET_TEXT 64 /* in base64, and more */
#define LINES_MAX   (1 << 16)

static bool is_own(struct arena *mem, const struct layout *layout,
                   const struct config_dns_update *update)
{
    const char *own = arena_printf(mem, "127.0.0.1@%lld", (long long)layout->cfg->run.dns_port);

    for (size_t i = 0; i < update->servers.count; i++)
        if (update->via == CONFIG_DNS_RFC2136 && strcmp(update->servers.items[i], own) == 0)
            return true;
    return false;
}

bool own_zones_have(const struct layout *layout, const char *zone)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct config_dns_update *update = config_dns_update_find(layout->cfg, zone);

    return update && is_own(mem, layout, update);
}

static const char *zone_path(struct arena *mem, const struct layout *layout, const char *zone)
{
    return arena_printf(mem, "%s/own/%s.zone", layout->dns, zone);
}

static bool make_key(struct arena *mem, const char *path, struct err *err)
{
    unsigned char octets[SECRET_SIZE], text[SECRET_TEXT];
    const char *there;

    if (!file_read(mem, path, SECRET_TEXT, &there, err))
        return false;
    if (there)
        return true;
    random_bytes(octets, sizeof(octets));
    EVP_EncodeBlock(text, octets, sizeof(octets));
    return file_write(mem, path, arena_printf(mem, "%s\n", (const char *)text), 0400, err);
}

static bool make_zone(struct arena *mem, const struct layout *layout, const char *zone,
                      struct err *err)
{
    const char *path = zone_path(mem, layout, zone);
    struct render_values values = {.mem = mem};
    const char *there;

    if (!file_read(mem, path, LINES_MAX, &there, err))
        return false;
    if (there)
        return true;
    render_set(&values, "NAME", zone);
    render_set(&values, "RECORDS", "");
    return file_write(mem, path, render("name.zone", &values), 0640, err);
}

bool own_zones_make(struct arena *mem, const struct layout *layout, struct err *err)
{
    const struct config *cfg = layout->cfg;
    const char *folder = arena_printf(mem, "%s/own", layout->dns);

    for (size_t i = 0; i < cfg->dns.update_count; i++) {
        const struct config_dns_update *update = &cfg->dns.updates[i];

        if (!is_own(mem, layout, update))
            continue;
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return err_errno(err, ERR_CONFIG, errno, "cannot make the folder %s", folder);
        if (!make_key(mem, update->tsig_file, err) || !make_zone(mem, layout, update->zone, err))
            return false;
    }
    return true;
}

static bool add_lines(struct arena *mem, const struct layout *layout,
                      const struct config_dns_update *update, struct buf *keys, struct buf *zones,
                      struct err *err)
{
    struct render_values values = {.mem = mem};
    const char *secret;

    if (!file_read(mem, update->tsig_file, LINES_MAX, &secret, err))
        return false;
    if (!secret)
        return err_set(err, ERR_CONFIG, "%s is not there any more", update->tsig_file);
    render_set(&values, "ZONE", update->zone);
    render_set(&values, "KEY", update->tsig_key);
    render_set(&values, "ALGORITHM",
               update->tsig_algorithm == CONFIG_TSIG_SHA512 ? "hmac-sha512" : "hmac-sha256");
    render_set(&values, "SECRET", arena_strndup(mem, secret, strcspn(secret, "\n")));
    render_set(&values, "DNS", layout->dns);
    buf_str(keys, render("knot-own-keys.conf", &values));
    buf_str(zones, render("knot-own-zone.conf", &values));
    return true;
}

bool own_zones_lines(struct arena *mem, const struct layout *layout, struct own_zones_lines *out,
                     struct err *err)
{
    const struct config *cfg = layout->cfg;
    struct buf keys = buf_new(mem, LINES_MAX), zones = buf_new(mem, LINES_MAX);

    for (size_t i = 0; i < cfg->dns.update_count; i++)
        if (is_own(mem, layout, &cfg->dns.updates[i]) &&
            !add_lines(mem, layout, &cfg->dns.updates[i], &keys, &zones, err))
            return false;
    *out = (struct own_zones_lines){
        .keys = buf_cstr(&keys), .zones = buf_cstr(&zones), .has_secrets = keys.len > 0};
    return true;
}
