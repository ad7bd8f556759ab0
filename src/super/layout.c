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

#include "net/address.h"
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

static bool programs_check(const struct layout *found, enum layout_for what, struct err *err)
{
    bool is_all = what == LAYOUT_RUN;

    if (!found->nginx)
        return err_set(err, ERR_CONFIG, "nginx is not installed: apt install nginx-light");
    if (is_all && !found->knotd)
        return err_set(err, ERR_CONFIG, "Knot is not installed: apt install knot");
    if (is_all && !found->module)
        return err_set(err, ERR_CONFIG,
                       "the nginx module " MODULE " is not built: install nginx-dev and build "
                       "again");
    return true;
}

static bool programs_find(struct arena *mem, enum layout_for what, struct layout *out,
                          struct err *err)
{
    char self[PATH_MAX];

    if (!realpath("/proc/self/exe", self))
        return err_errno(err, ERR_INTERNAL, errno, "cannot find our own program");
    out->latchkey = arena_strdup(mem, self);
    out->nginx = process_find(mem, "nginx");
    out->knotd = process_find(mem, "knotd");
    out->module = module_find(mem, out->latchkey);
    return programs_check(out, what, err);
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

static bool folders_make(const struct layout *made, enum layout_for what, struct err *err)
{
    return folder_make(made->run, err) && folder_make(made->log, err) &&
           folder_make(made->dns, err) && folder_make(made->zones, err) &&
           (what != LAYOUT_RUN || folder_make(made->edge, err));
}

bool layout_make(struct arena *mem, const char *dir, enum layout_for what, struct layout *out,
                 struct err *err)
{
    struct layout made = {.user = user_line(mem), .has_ipv6 = ready_port_is_free("[::1]:1024")};
    char found[PATH_MAX];

    if (!programs_find(mem, what, &made, err) || !folder_make(dir, err))
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
    if (!folders_make(&made, what, err))
        return false;
    *out = made;
    return true;
}

bool layout_config(struct arena *mem, struct layout *layout, const char *fresh, struct err *err)
{
    const char *text;

    if (!file_read(mem, layout->config_file, CONFIG_MAX, &text, err))
        return false;
    layout->is_config_new = !text;
    if (!text && !file_write(mem, layout->config_file, fresh, 0640, err))
        return false;
    if (!config_load(mem, layout->config_file, &layout->cfg, err)) {
        if (layout->is_config_new)
            unlink(layout->config_file);
        return false;
    }
    return layout->cfg->mode == CONFIG_SANDBOX ||
           err_set(err, ERR_CONFIG, "%s: mode: only a sandbox is run like this",
                   layout->config_file);
}

bool layout_has_address(struct config_list list, const char *address)
{
    struct address wanted, one;
    struct err err;

    if (!address_parse(address, &wanted, &err))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        if (address_parse(list.items[i], &one, &err) && address_eq(&one, &wanted))
            return true;
    }
    return false;
}

const char *layout_endpoint(struct arena *mem, const char *address, int64_t port)
{
    return arena_printf(mem, strchr(address, ':') ? "[%s]:%lld" : "%s:%lld", address,
                        (long long)port);
}

bool layout_check_ports(struct arena *mem, const struct layout *layout,
                        const struct layout_port *ports, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const char *where = layout_endpoint(mem, ports[i].address, ports[i].port);

        if (ready_port_is_free(where))
            continue;
        (void)err_errno(err, ERR_CONFLICT, errno, "cannot listen on %s", where);
        if (layout->is_config_new)
            unlink(layout->config_file);
        return false;
    }
    return true;
}
