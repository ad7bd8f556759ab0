/* SPDX-License-Identifier: Apache-2.0 */
#include "super/generate.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "config/format.h"
#include "super/own_zones.h"
#include "super/refused.h"
#include "super/render.h"

#define TEXT_MAX    (1 << 18)
#define ZONE_SUFFIX ".zone"
#define ZONES_MAX   4096

DEFINE_FREEP(DIR, (void)!closedir)

static bool folder_make(const char *path, struct err *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_errno(err, ERR_CONFIG, errno, "cannot make the folder %s", path);
    return true;
}

const char *generate_edge_dir(struct arena *mem, const struct layout *layout, const char *edge)
{
    return arena_printf(mem, "%s/%s", layout->edge, edge);
}

#define PARTS_MAX 3

struct nginx_file {
    const char *name;             /* of the child */
    const char *parts[PARTS_MAX]; /* embedded files; fewer end with NULL */
    const char *path;
    const char *load; /* load_module line */
    const char *workers;
};

/* `values` are what the body needs beside RUN and NAME. */
static bool nginx_write(const struct layout *layout, const struct nginx_file *file,
                        struct render_values *values, struct err *err)
{
    struct arena *mem = values->mem;
    struct buf text = buf_new(mem, TEXT_MAX);

    render_set(values, "RUN", layout->run);
    render_set(values, "NAME", file->name);
    render_set(values, "LOAD", file->load);
    render_set(values, "USER", layout->user);
    render_set(values, "WORKERS", file->workers);
    buf_str(&text, render("nginx-head.conf", values));
    for (size_t i = 0; i < PARTS_MAX && file->parts[i]; i++)
        buf_str(&text, render(file->parts[i], values));
    return folder_make(arena_printf(mem, "%s/%s.tmp", layout->run, file->name), err) &&
           file_write(mem, file->path, buf_cstr(&text), 0640, err);
}

#define TLS_TOO " ssl http2"

/* "listen" lines. */
static const char *listen_all(struct arena *mem, const struct config_list *addresses, int64_t port,
                              const char *what)
{
    struct buf out = buf_new(mem, TEXT_MAX);

    for (size_t i = 0; i < addresses->count; i++)
        buf_printf(&out, "%slisten %s%s;", i > 0 ? "\n        " : "",
                   layout_endpoint(mem, addresses->items[i], port), what);
    return buf_cstr(&out);
}

/* 127.0.0.1 and, where there is IPv6, ::1. */
static struct config_list own_addresses(const struct layout *layout)
{
    static const char *const own[] = {"127.0.0.1", "::1"};

    return (struct config_list){own, layout->has_ipv6 ? 2 : 1};
}

static const char *listen_own(struct arena *mem, const struct layout *layout, int64_t port)
{
    const struct config_list own = own_addresses(layout);

    return listen_all(mem, &own, port, TLS_TOO);
}

/* nginx takes no address twice. */
static const char *listen_ca(struct arena *mem, const struct layout *layout)
{
    const struct config *cfg = layout->cfg;
    const char *own = listen_own(mem, layout, cfg->run.ca_port);
    const struct config_list more = {&cfg->run.ca_address, 1};

    if (!*cfg->run.ca_address || layout_has_address(own_addresses(layout), cfg->run.ca_address))
        return own;
    return arena_printf(mem, "%s\n        %s", own,
                        listen_all(mem, &more, cfg->run.ca_port, TLS_TOO));
}

static bool front_write(struct arena *mem, const struct layout *layout,
                        const char *const parts[PARTS_MAX], struct err *err)
{
    struct nginx_file file = {
        .name = "front",
        .path = arena_printf(mem, "%s/front.conf", layout->run),
        .load = "",
        .workers = "1",
    };
    struct render_values values = {.mem = mem};

    memcpy(file.parts, parts, sizeof(file.parts));
    render_set(&values, "CA", layout->ca);
    render_set(&values, "LISTEN_FRONT", listen_own(mem, layout, layout->cfg->run.front_port));
    render_set(&values, "LISTEN_CA", listen_ca(mem, layout));
    return nginx_write(layout, &file, &values, err);
}

bool generate_ca_front(struct arena *mem, const struct layout *layout, struct err *err)
{
    static const char *const parts[PARTS_MAX] = {"front-http.conf", "front-ca.conf"};

    return front_write(mem, layout, parts, err);
}

/* With the pages that nginx shows where those behind it cannot. */
static bool front_of_all_write(struct arena *mem, const struct layout *layout, struct err *err)
{
    static const char *const parts[PARTS_MAX] = {"front-http.conf", "front-web.conf",
                                                 "front-ca.conf"};
    const char *pages = arena_printf(mem, "%s/refused", layout->run);

    return folder_make(pages, err) && refused_write(mem, pages, err) &&
           front_write(mem, layout, parts, err);
}

static bool origin_write(struct arena *mem, const struct layout *layout, struct err *err)
{
    const struct nginx_file file = {
        .name = "origin",
        .parts = {"origin.conf"},
        .path = arena_printf(mem, "%s/origin.conf", layout->run),
        .load = "",
        .workers = "1",
    };
    struct render_values values = {.mem = mem};

    render_set_number(&values, "ORIGIN_PORT", layout->cfg->run.origin_port);
    return nginx_write(layout, &file, &values, err);
}

static bool edge_write(struct arena *mem, const struct layout *layout,
                       const struct config_run_edge *edge, struct err *err)
{
    const struct config *cfg = layout->cfg;
    const char *dir = generate_edge_dir(mem, layout, edge->name);
    const struct nginx_file file = {
        .name = edge->name,
        .parts = {"edge.conf"},
        .path = arena_printf(mem, "%s/nginx.conf", dir),
        .load = arena_printf(mem, "load_module \"%s\";", layout->module),
        .workers = "2",
    };
    struct render_values values = {.mem = mem};

    render_set(&values, "EDGE", dir);
    render_set(&values, "KEYS", cfg->signer.keys_dir);
    render_set_number(&values, "HTTPS_PORT", cfg->edge.https_port);
    render_set_number(&values, "ORIGIN_PORT", cfg->run.origin_port);
    render_set(&values, "LISTEN_HTTP", listen_all(mem, &edge->addresses, cfg->edge.http_port, ""));
    render_set(&values, "LISTEN_HTTPS",
               listen_all(mem, &edge->addresses, cfg->edge.https_port, TLS_TOO));
    return folder_make(dir, err) && nginx_write(layout, &file, &values, err);
}

bool generate_nginx(struct arena *mem, const struct layout *layout, struct err *err)
{
    for (size_t i = 0; i < layout->cfg->run.edge_count; i++)
        if (!edge_write(mem, layout, &layout->cfg->run.edges[i], err))
            return false;
    return front_of_all_write(mem, layout, err) && origin_write(mem, layout, err);
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The zones that have a file, in order; what is not a name is passed over. */
static bool zones_list(struct arena *mem, const struct layout *layout, const char ***out,
                       size_t *count, struct err *err)
{
    AUTO(DIR_freep) DIR *dir = opendir(layout->zones);
    const char **names = arena_array_of(mem, ZONES_MAX, const char *);
    const struct dirent *entry;
    size_t n = 0;

    if (!dir)
        return err_errno(err, ERR_CONFIG, errno, "cannot read %s", layout->zones);
    while (n < ZONES_MAX && (entry = readdir(dir))) {
        size_t len = strlen(entry->d_name), tail = strlen(ZONE_SUFFIX);
        struct err why = {0};
        const char *name;

        if (len <= tail || strcmp(entry->d_name + len - tail, ZONE_SUFFIX) != 0)
            continue;
        name = arena_strndup(mem, entry->d_name, len - tail);
        if (format_name(name, &why))
            names[n++] = name;
    }
    qsort(names, n, sizeof(*names), name_order);
    *out = names;
    *count = n;
    return true;
}

static const char *update_lines(struct arena *mem, const char *secret)
{
    struct render_values values = {.mem = mem};

    if (!secret)
        return "";
    render_set(&values, "SECRET", secret);
    return render("knot-update.conf", &values);
}

bool generate_knot(struct arena *mem, const struct layout *layout, const char *update_secret,
                   struct err *err)
{
    const char *acl = update_secret ? "    acl: update\n" : "";
    struct render_values values = {.mem = mem};
    struct buf zones = buf_new(mem, TEXT_MAX);
    struct own_zones_lines own;
    const char **names;
    size_t count;

    if (!zones_list(mem, layout, &names, &count, err) || !own_zones_lines(mem, layout, &own, err))
        return false;
    buf_printf(&zones, "  - domain: \".\"\n    file: \"%s/root.zone\"\n", layout->dns);
    for (size_t i = 0; i < count; i++)
        if (!own_zones_have(layout, names[i]))
            buf_printf(&zones, "  - domain: \"%s\"\n%s", names[i], acl);
    buf_str(&zones, own.zones);
    if (!buf_ok(&zones))
        return err_set(err, ERR_TOO_LARGE, "%s has too many zones", layout->zones);
    render_set(&values, "DNS", layout->dns);
    render_set_number(&values, "DNS_PORT", layout->cfg->run.dns_port);
    render_set(&values, "ZONES", buf_cstr(&zones));
    render_set(&values, "UPDATE",
               arena_printf(mem, "%s%s", update_lines(mem, update_secret), own.keys));
    return folder_make(arena_printf(mem, "%s/db", layout->dns), err) &&
           file_write(mem, arena_printf(mem, "%s/root.zone", layout->dns),
                      render("root.zone", &values), 0640, err) &&
           file_write(mem, arena_printf(mem, "%s/knot.conf", layout->dns),
                      render("knot.conf", &values), update_secret || own.has_secrets ? 0600 : 0640,
                      err);
}

static void records_add(struct buf *out, const char *name, const struct config *cfg)
{
    for (size_t i = 0; i < cfg->edge.ipv4.count; i++)
        buf_printf(out, "%s. 1 IN A %s\n", name, cfg->edge.ipv4.items[i]);
    for (size_t i = 0; i < cfg->edge.ipv6.count; i++)
        buf_printf(out, "%s. 1 IN AAAA %s\n", name, cfg->edge.ipv6.items[i]);
}

static bool zone_write(struct arena *mem, const struct layout *layout, const char *name,
                       const char *records, struct err *err)
{
    const char *path = arena_printf(mem, "%s/%s" ZONE_SUFFIX, layout->zones, name);
    struct render_values values = {.mem = mem};
    const char *text;

    if (!file_read(mem, path, TEXT_MAX, &text, err))
        return false;
    if (text)
        return true;
    render_set(&values, "NAME", name);
    render_set(&values, "RECORDS", records);
    return file_write(mem, path, render("name.zone", &values), 0640, err);
}

bool generate_zone(struct arena *mem, const struct layout *layout, const struct name_set *names,
                   struct err *err)
{
    struct buf records = buf_new(mem, TEXT_MAX);

    for (size_t i = 0; i < names->count; i++)
        records_add(&records, names->names[i], layout->cfg);
    return zone_write(mem, layout, names->names[0], buf_cstr(&records), err);
}

bool generate_suffix_zone(struct arena *mem, const struct layout *layout, const char *suffix,
                          struct err *err)
{
    return zone_write(mem, layout, suffix, arena_printf(mem, "*.%s. 1 IN A 127.0.0.1\n", suffix),
                      err);
}
