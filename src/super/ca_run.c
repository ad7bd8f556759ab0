/* SPDX-License-Identifier: Apache-2.0 */
#include "super/ca_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "super/ca_run_config.h"
#include "super/front_cert.h"
#include "super/generate.h"
#include "super/pid_file.h"
#include "super/plan.h"
#include "super/render.h"
#include "super/zone_watch.h"

#define KEY_FILE_MAX 256
#define KEY_HEAD     "hmac-sha256:latchkey:" /* as `knsupdate -k` reads it */
#define SECRET_SIZE  32

struct running {
    struct arena *mem;
    const struct ca_run_options *options;
    struct layout layout;
    struct front_cert cert;
    struct zone_watch zones;
    const char *update_key; /* file, where Knot is ours */
    bool has_dns;
    int lock;
};

/* --- DNS ------------------------------------------------------------------------------------- */

static bool is_own_dns(struct arena *mem, const struct config *cfg)
{
    return strcmp(cfg->sandbox_ca.resolver,
                  arena_printf(mem, "127.0.0.1@%lld", (long long)cfg->run.dns_port)) == 0;
}

static bool make_key(struct running *running, const char **secret, struct err *err)
{
    unsigned char octets[SECRET_SIZE];

    /* hexadecimal is base64, too */
    random_bytes(octets, sizeof(octets));
    *secret = hex_encode(running->mem, slice_of(octets, sizeof(octets)));
    return file_write(running->mem, running->update_key,
                      arena_printf(running->mem, KEY_HEAD "%s\n", *secret), 0600, err);
}

static bool load_key(struct running *running, const char **secret, struct err *err)
{
    const char *text;

    running->update_key = arena_printf(running->mem, "%s/update.key", running->layout.dns);
    if (!file_read(running->mem, running->update_key, KEY_FILE_MAX, &text, err))
        return false;
    if (!text)
        return make_key(running, secret, err);
    if (strncmp(text, KEY_HEAD, strlen(KEY_HEAD)) != 0)
        return err_set(err, ERR_CONFIG, "%s does not begin with " KEY_HEAD, running->update_key);
    text += strlen(KEY_HEAD);
    *secret = arena_strndup(running->mem, text, strcspn(text, "\n"));
    return true;
}

static bool make_zones(const struct running *running, struct err *err)
{
    const struct config_list *more = &running->layout.cfg->sandbox_ca.permitted;
    bool pass = true;

    for (size_t i = 0; pass && i < CA_RUN_SUFFIXES; i++)
        pass = generate_suffix_zone(running->mem, &running->layout, ca_run_suffixes[i], err);
    for (size_t i = 0; pass && i < more->count; i++)
        pass = generate_suffix_zone(running->mem, &running->layout, more->items[i], err);
    return pass;
}

static bool prepare_dns(struct running *running, struct err *err)
{
    if (!running->layout.knotd)
        return err_set(err, ERR_CONFIG,
                       "Knot is not installed: apt install knot, or name a DNS server with "
                       "--resolver");
    return make_zones(running, err) && load_key(running, &running->zones.update_secret, err) &&
           generate_knot(running->mem, &running->layout, running->zones.update_secret, err) &&
           zone_watch_open(&running->zones, err);
}

/* --- running --------------------------------------------------------------------------------- */

static void print_clients(const struct running *running)
{
    const struct config *cfg = running->layout.cfg;
    const char *url = cfg->sandbox_ca.public_url, *dir = running->layout.dir;
    long long http = cfg->sandbox_ca.http_port, https = cfg->sandbox_ca.https_port;

    printf("certbot, lego or Caddy, as they stand:\n\n");
    printf("REQUESTS_CA_BUNDLE='%s/ca/roots.pem' certbot certonly -n --server %s/directory "
           "--agree-tos --register-unsafely-without-email --standalone --http-01-port %lld "
           "--config-dir certbot --work-dir certbot --logs-dir certbot -d shop.example\n\n",
           dir, url, http);
    printf("LEGO_CA_CERTIFICATES='%s/ca/roots.pem' lego --server %s/directory --accept-tos "
           "--email me@shop.example --http --http.port 127.0.0.1:%lld -d shop.example run\n\n",
           dir, url, http);
    printf("printf '%%s\\n' '{' 'acme_ca %s/directory' 'acme_ca_root \"%s/ca/roots.pem\"' "
           "'http_port %lld' 'https_port %lld' 'admin off' '}' 'shop.example' 'respond hello' | "
           "caddy run --adapter caddyfile --config -\n",
           url, dir, http, https);
}

static void welcome(const struct running *running)
{
    const struct layout *layout = &running->layout;
    const struct config *cfg = layout->cfg;

    printf("The sandbox CA runs in %s.\n\n"
           "  directory  %s/directory\n"
           "  roots      %s/roots.pem\n"
           "  validates  http-01 on port %lld, tls-alpn-01 on port %lld\n"
           "  DNS        %s",
           layout->dir, cfg->sandbox_ca.public_url, layout->ca,
           (long long)cfg->sandbox_ca.http_port, (long long)cfg->sandbox_ca.https_port,
           cfg->sandbox_ca.resolver);
    if (running->has_dns)
        printf(": every name is 127.0.0.1; updates with the key in\n             %s",
               running->update_key);
    printf("\n  limits     %s\n  logs       %s/\n\n", cfg->sandbox_ca.limits, layout->log);
    print_clients(running);
    printf("\nCtrl-C ends it.\n");
    fflush(stdout);
}

static void on_ready(struct supervisor *super, void *arg)
{
    struct running *running = arg;

    (void)super;
    front_cert_note(&running->cert);
    welcome(running);
}

static void on_exit_of(struct supervisor *super, const struct child_spec *child, int status,
                       void *arg)
{
    struct running *running = arg;

    (void)status;
    front_cert_look(&running->cert, super, child);
}

static void on_zones(struct supervisor *super, void *arg)
{
    const struct running *running = arg;

    if (running->has_dns)
        zone_watch_look(&running->zones, super);
}

static bool check_ports(const struct running *running, struct err *err)
{
    const struct config *cfg = running->layout.cfg;
    struct layout_port ports[3] = {{"127.0.0.1", cfg->run.ca_port}};
    size_t count = 1;

    if (running->has_dns)
        ports[count++] = (struct layout_port){"127.0.0.1", cfg->run.dns_port};
    if (*cfg->run.ca_address)
        ports[count++] = (struct layout_port){cfg->run.ca_address, cfg->run.ca_port};
    return layout_check_ports(running->mem, &running->layout, ports, count, err);
}

/* Everything before the first child. */
static bool prepare(struct running *running, struct err *err)
{
    struct arena *mem = running->mem;
    struct layout *layout = &running->layout;

    if (!layout_make(mem, running->options->dir, LAYOUT_CA, layout, err) ||
        !run_take(mem, layout->run, &running->lock, err) ||
        !ca_run_config(mem, running->options, layout, err))
        return false;
    running->has_dns = is_own_dns(mem, layout->cfg);
    running->cert = front_cert_of(mem, layout);
    log_set_up(layout->cfg->log.level, layout->cfg->log.format);
    return check_ports(running, err) && (!running->has_dns || prepare_dns(running, err)) &&
           generate_ca_front(mem, layout, err);
}

/* Its clock can be moved, and stays so over restarts. */
static const char *const *clock_variable(const struct running *running)
{
    const char **env = arena_array_of(running->mem, 2, const char *);

    env[0] = arena_printf(running->mem, "LATCHKEY_CLOCK_FILE=%s/clock", running->layout.dir);
    env[1] = NULL;
    return getenv("LATCHKEY_CLOCK_FILE") ? NULL : env;
}

static bool supervise(struct running *running, struct err *err)
{
    struct plan plan = plan_new(running->mem, &running->layout);
    struct supervisor_options options = {
        .run_dir = running->layout.run,
        .log_dir = running->layout.log,
        .is_verbose = running->options->is_verbose,
        .on_ready = on_ready,
        .on_exit = on_exit_of,
        .watch_fd = running->has_dns ? running->zones.fd : -1,
        .on_watch = on_zones,
        .arg = running,
    };

    plan_add_ca(&plan, running->has_dns, clock_variable(running));
    options.children = plan.children;
    options.count = plan.count;
    return supervisor_run(&options, err);
}

bool ca_run(const struct ca_run_options *options, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct running running = {
        .mem = mem, .options = options, .zones = {.layout = &running.layout}, .lock = -1};
    bool pass = prepare(&running, err) && supervise(&running, err);

    zone_watch_close(&running.zones);
    if (running.lock >= 0)
        close(running.lock);
    return pass;
}
