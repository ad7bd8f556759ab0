/* SPDX-License-Identifier: Apache-2.0 */
#include "super/layout.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "super/process.h"
#include "super/ready.h"
#include "super/render.h"

#define MODULE     "ngx_http_latchkey_module.so"
#define CONFIG_MAX (1 << 20)
#define NOT_IN_DIR "\"'\\$;{}#"

static bool folder_make(const char *path, struct err *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return err_errno(err, ERR_CONFIG, errno, "cannot make the folder %s", path);
    return true;
}

static bool folder_check(const char *dir, struct err *err)
{
    const struct passwd *owner;
    struct stat st;

    for (const char *at = dir; *at; at++)
        if (strchr(NOT_IN_DIR, *at) || (unsigned char)*at < 0x20 || *at == 0x7f)
            return err_set(err, ERR_CONFIG,
                           "the folder %s cannot be used: none of %s may be in its name", dir,
                           NOT_IN_DIR);
    if (stat(dir, &st) != 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot use the folder %s", dir);
    owner = getpwuid(st.st_uid);
    if (st.st_uid != geteuid())
        return err_set(err, ERR_CONFIG,
                       "the folder %s belongs to %s: run as that user, or name another --dir", dir,
                       owner ? owner->pw_name : "another user");
    return true;
}

/* The module lies beside us in the build tree, or where Debian's nginx has its modules. */
static const char *module_find(struct arena *mem, const char *latchkey)
{
    const char *const candidates[] = {
        arena_printf(mem, "%.*s/../../nginx/" MODULE, (int)(strrchr(latchkey, '/') - latchkey),
                     latchkey),
        "/usr/lib/nginx/modules/" MODULE,
    };

    for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
        char found[PATH_MAX];

        if (realpath(candidates[i], found))
            return arena_strdup(mem, found);
    }
    return NULL;
}

static bool programs_find(struct arena *mem, struct layout *out, struct err *err)
{
    char self[PATH_MAX];

    if (!realpath("/proc/self/exe", self))
        return err_errno(err, ERR_INTERNAL, errno, "cannot find our own program");
    out->latchkey = arena_strdup(mem, self);
    out->nginx = process_find(mem, "nginx");
    out->knotd = process_find(mem, "knotd");
    out->module = module_find(mem, out->latchkey);
    if (!out->nginx || !out->knotd)
        return err_set(err, ERR_CONFIG, "%s is not installed: apt install %s",
                       out->nginx ? "Knot" : "nginx", out->nginx ? "knot" : "nginx-light");
    if (!out->module)
        return err_set(err, ERR_CONFIG, "the nginx module " MODULE " is not built: %s",
                       "install nginx-dev and build again");
    return true;
}

/* Without it nginx's workers would change to a user who may not read the folder. Not root: none. */
static const char *user_line(struct arena *mem)
{
    const struct passwd *user = getpwuid(geteuid());
    const struct group *group = getgrgid(getegid());

    if (geteuid() != 0 || !user || !group)
        return "";
    return arena_printf(mem, "user %s %s;", user->pw_name, group->gr_name);
}

bool layout_make(struct arena *mem, const char *dir, struct layout *out, struct err *err)
{
    struct layout made = {.user = user_line(mem), .has_ipv6 = ready_port_is_free("[::1]:1024")};
    char found[PATH_MAX];

    if (!programs_find(mem, &made, err) || !folder_make(dir, err))
        return false;
    if (!realpath(dir, found))
        return err_errno(err, ERR_CONFIG, errno, "cannot use the folder %s", dir);
    if (!folder_check(found, err))
        return false;
    made.dir = arena_strdup(mem, found);
    made.run = arena_printf(mem, "%s/run", found);
    made.log = arena_printf(mem, "%s/log", found);
    made.keys = arena_printf(mem, "%s/keys", found);
    made.ca = arena_printf(mem, "%s/ca", found);
    made.dns = arena_printf(mem, "%s/dns", found);
    made.zones = arena_printf(mem, "%s/dns/zones", found);
    made.edge = arena_printf(mem, "%s/edge", found);
    made.config_file = arena_printf(mem, "%s/latchkey.yaml", found);
    if (!folder_make(made.run, err) || !folder_make(made.log, err) || !folder_make(made.dns, err) ||
        !folder_make(made.zones, err) || !folder_make(made.edge, err))
        return false;
    *out = made;
    return true;
}

struct ports {
    int64_t http, https, front, ca, dns, origin;
};

static struct ports ports_of(int64_t base)
{
    if (base == 0)
        return (struct ports){8080, 8443, 8444, 8445, 8053, 8090};
    return (struct ports){base, base + 1, base + 2, base + 3, base + 4, base + 5};
}

static const char *config_render(struct arena *mem, const struct layout *layout,
                                 const struct ports *ports)
{
    struct render_values values = {.mem = mem};

    render_set_number(&values, "HTTP_PORT", ports->http);
    render_set_number(&values, "HTTPS_PORT", ports->https);
    render_set_number(&values, "FRONT_PORT", ports->front);
    render_set_number(&values, "CA_PORT", ports->ca);
    render_set_number(&values, "DNS_PORT", ports->dns);
    render_set_number(&values, "ORIGIN_PORT", ports->origin);
    render_set(&values, "IPV6", layout->has_ipv6 ? "\"::1\"" : "");
    render_set(&values, "IPV6_TOO", layout->has_ipv6 ? ", \"::1\"" : "");
    return render("latchkey.yaml", &values);
}

/* The file says which ports there are; --port-base only decides for a new one. */
static bool ports_check(const struct config *cfg, int64_t base, struct err *err)
{
    struct ports ports = ports_of(base);

    if (base == 0 || (cfg->edge.http_port == ports.http && cfg->run.front_port == ports.front))
        return true;
    return err_set(err, ERR_CONFLICT,
                   "%s has other ports than --port-base %lld: change it there, or name another "
                   "--dir",
                   cfg->file, (long long)base);
}

bool layout_config(struct arena *mem, struct layout *layout, int64_t port_base, struct err *err)
{
    struct ports ports = ports_of(port_base);
    const char *text;

    if (!file_read(mem, layout->config_file, CONFIG_MAX, &text, err))
        return false;
    layout->is_config_new = !text;
    if (!text &&
        !file_write(mem, layout->config_file, config_render(mem, layout, &ports), 0640, err))
        return false;
    if (!config_load(mem, layout->config_file, &layout->cfg, err))
        return false;
    if (layout->cfg->mode != CONFIG_SANDBOX)
        return err_set(err, ERR_CONFIG, "%s: mode: `latchkey run` is for sandbox mode",
                       layout->config_file);
    return ports_check(layout->cfg, port_base, err);
}

const char *layout_endpoint(struct arena *mem, const char *address, int64_t port)
{
    return arena_printf(mem, strchr(address, ':') ? "[%s]:%lld" : "%s:%lld", address,
                        (long long)port);
}

static bool port_check(struct arena *mem, const char *address, int64_t port, struct err *err)
{
    const char *where = layout_endpoint(mem, address, port);

    if (!ready_port_is_free(where))
        return err_errno(err, ERR_CONFLICT, errno, "cannot listen on %s", where);
    return true;
}

static bool ports_are_free(struct arena *mem, const struct layout *layout, struct err *err)
{
    const struct config *cfg = layout->cfg;
    const int64_t own[] = {cfg->run.front_port, cfg->run.ca_port, cfg->run.dns_port,
                           cfg->run.origin_port};

    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (!port_check(mem, "127.0.0.1", own[i], err))
            return false;
    for (size_t i = 0; i < cfg->run.edge_count; i++) {
        const struct config_list *addresses = &cfg->run.edges[i].addresses;

        for (size_t k = 0; k < addresses->count; k++)
            if (!port_check(mem, addresses->items[k], cfg->edge.http_port, err) ||
                !port_check(mem, addresses->items[k], cfg->edge.https_port, err))
                return false;
    }
    return true;
}

bool layout_check_ports(struct arena *mem, const struct layout *layout, struct err *err)
{
    if (ports_are_free(mem, layout, err))
        return true;
    if (layout->is_config_new)
        unlink(layout->config_file);
    return false;
}
