/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/slice.h"
#include "config/format.h"

#define SANDBOX_ROOTS "roots.pem" /* in sandbox_ca.dir */

DEFINE_FREEP(BIO, BIO_free)

PRINTF(3, 4) static bool refuse(struct err *err, const char *path, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    err_field(err, path, "%s", text);
    err->code = ERR_CONFIG;
    return false;
}

static bool mode_check(struct arena *mem, const struct config *cfg, struct err *err)
{
    if (cfg->mode != CONFIG_LIVE)
        return true;
    if (cfg->names.extra_suffixes.count > 0)
        return refuse(err, "names.extra_suffixes", "is not allowed in live mode");
    if (clock_is_movable())
        return refuse(err, "mode", "live mode refuses a moved clock: unset LATCHKEY_CLOCK_FILE");
    for (size_t i = 0; i < cfg->ca_count; i++)
        if (cfg->ca[i].kind == CONFIG_CA_SANDBOX)
            return refuse(err, arena_printf(mem, "ca[%zu].kind", i),
                          "live mode does not sell from a sandbox CA (\"%s\")", cfg->ca[i].id);
    return true;
}

static bool ca_check(struct arena *mem, const struct config *cfg, size_t i, struct err *err)
{
    const struct config_ca *ca = &cfg->ca[i];
    const char *host = format_url_host(mem, ca->directory);

    if (ca->kind != CONFIG_CA_PUBLIC && !config_is_own_address(cfg, host))
        return refuse(err, arena_printf(mem, "ca[%zu].directory", i),
                      "the CA is %s, so %s must be on loopback or in net.own_prefixes",
                      ca->kind == CONFIG_CA_SANDBOX ? "the sandbox" : "private", host);
    if ((*ca->eab_kid != '\0') != (*ca->eab_key_file != '\0'))
        return refuse(err,
                      arena_printf(mem, "ca[%zu].%s", i, *ca->eab_kid ? "eab_kid" : "eab_key_file"),
                      "eab_kid and eab_key_file go together");
    for (size_t k = 0; k < i; k++) {
        if (strcmp(ca->id, cfg->ca[k].id) == 0)
            return refuse(err, arena_printf(mem, "ca[%zu].id", i), "\"%s\" is there twice", ca->id);
        if (ca->is_default && cfg->ca[k].is_default)
            return refuse(err, arena_printf(mem, "ca[%zu].is_default", i),
                          "\"%s\" is the default already", cfg->ca[k].id);
    }
    return true;
}

/* What each way needs, and has no use for. */
static const char *update_fault(const struct config_dns_update *update)
{
    bool is_rfc2136 = update->via == CONFIG_DNS_RFC2136;

    if (is_rfc2136 && update->servers.count == 0)
        return "servers";
    if (is_rfc2136 && !*update->tsig_key)
        return "tsig_key";
    if (is_rfc2136 && !*update->tsig_file)
        return "tsig_file";
    return !is_rfc2136 && !*update->hook ? "hook" : NULL;
}

static bool updates_check(struct arena *mem, const struct config *cfg, struct err *err)
{
    if (cfg->mode == CONFIG_LIVE && cfg->dns.port != 53)
        return refuse(err, "dns.port", "is 53 in live mode, not %lld", (long long)cfg->dns.port);
    for (size_t i = 0; i < cfg->dns.update_count; i++) {
        const struct config_dns_update *update = &cfg->dns.updates[i];
        const char *missing = update_fault(update);

        if (missing)
            return refuse(err, arena_printf(mem, "dns.update[%zu].%s", i, missing),
                          "is required, for zone %s is changed by %s", update->zone,
                          update->via == CONFIG_DNS_RFC2136 ? "rfc2136" : "a hook");
        if (config_dns_update_find(cfg, update->zone) != update)
            return refuse(err, arena_printf(mem, "dns.update[%zu].zone", i),
                          "\"%s\" is there twice", update->zone);
    }
    for (size_t i = 0; i < cfg->ca_count; i++)
        if (cfg->ca[i].challenge == CONFIG_DNS_01 && cfg->dns.update_count == 0)
            return refuse(err, arena_printf(mem, "ca[%zu].challenge", i),
                          "dns-01 needs a zone in dns.update");
    return true;
}

static bool cas_check(struct arena *mem, const struct config *cfg, struct err *err)
{
    for (size_t i = 0; i < cfg->ca_count; i++) {
        if (!ca_check(mem, cfg, i, err))
            return false;
    }
    return true;
}

static bool lists_check(struct arena *mem, const struct config *cfg, struct err *err)
{
    for (size_t i = 0; i < cfg->origin_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(cfg->origins[i].id, cfg->origins[k].id) == 0)
                return refuse(err, arena_printf(mem, "origins[%zu].id", i), "\"%s\" is there twice",
                              cfg->origins[i].id);
    for (size_t i = 0; i < cfg->run.edge_count; i++) {
        if (cfg->run.edges[i].addresses.count == 0)
            return refuse(err, arena_printf(mem, "run.edges[%zu].addresses", i), "is required");
        for (size_t k = 0; k < i; k++)
            if (strcmp(cfg->run.edges[i].name, cfg->run.edges[k].name) == 0)
                return refuse(err, arena_printf(mem, "run.edges[%zu].name", i),
                              "\"%s\" is there twice", cfg->run.edges[i].name);
    }
    for (size_t i = 0; i < cfg->sandbox_ca.profile_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(cfg->sandbox_ca.profiles[i].name, cfg->sandbox_ca.profiles[k].name) == 0)
                return refuse(err, arena_printf(mem, "sandbox_ca.profiles[%zu].name", i),
                              "\"%s\" is there twice", cfg->sandbox_ca.profiles[i].name);
    return true;
}

static bool spans_check(const struct config *cfg, struct err *err)
{
    if (cfg->check.retry_min_ms > cfg->check.retry_max_ms)
        return refuse(err, "check.retry_min_ms", "%lld is more than check.retry_max_ms, %lld",
                      (long long)cfg->check.retry_min_ms, (long long)cfg->check.retry_max_ms);
    if (cfg->edge.http_port == cfg->edge.https_port)
        return refuse(err, "edge.https_port", "%lld is edge.http_port too",
                      (long long)cfg->edge.https_port);
    return true;
}

/* Calls `each` with the DER of every certificate of a PEM file until it returns false. A file that
 * is not there, or holds none, has no certificates. */
static bool pem_each(const char *path, bool (*each)(void *arg, struct slice der), void *arg)
{
    AUTO(BIO_freep) BIO *file = BIO_new_file(path, "r");
    char *name, *header;
    unsigned char *der;
    long len;
    bool go_on = true;

    while (file && go_on && PEM_read_bio(file, &name, &header, &der, &len) == 1) {
        if (strcmp(name, PEM_STRING_X509) == 0)
            go_on = each(arg, slice_of(der, (size_t)len));
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    return go_on;
}

static bool differs(void *arg, struct slice der)
{
    const struct slice *other = arg;

    return !slice_eq(*other, der);
}

static bool is_absent_from_store(void *arg, struct slice der)
{
    const struct config *cfg = *(const struct config **)arg;

    return pem_each(cfg->tls.trust_store, differs, &der);
}

/* R45: a chain to the sandbox's root is never "Secured", so the root may not be trusted. */
static bool trust_check(struct arena *mem, const struct config *cfg, struct err *err)
{
    const char *own = arena_printf(mem, "%s/" SANDBOX_ROOTS, cfg->sandbox_ca.dir);

    if (!pem_each(own, is_absent_from_store, &cfg))
        return refuse(err, "tls.trust_store", "%s holds the root of the sandbox CA, %s",
                      cfg->tls.trust_store, own);
    for (size_t i = 0; i < cfg->ca_count; i++) {
        const struct config_list *roots = &cfg->ca[i].roots;

        if (cfg->ca[i].kind != CONFIG_CA_SANDBOX)
            continue;
        for (size_t k = 0; k < roots->count; k++)
            if (!pem_each(roots->items[k], is_absent_from_store, &cfg))
                return refuse(err, "tls.trust_store", "%s holds the root of the sandbox CA, %s",
                              cfg->tls.trust_store, roots->items[k]);
    }
    return true;
}

static bool run_check(struct arena *mem, const struct config *cfg, struct err *err)
{
    for (size_t i = 0; i < cfg->run.edge_count; i++) {
        const struct config_list *addresses = &cfg->run.edges[i].addresses;

        for (size_t k = 0; k < addresses->count; k++)
            if (!config_is_own_address(cfg, addresses->items[k]))
                return refuse(err, arena_printf(mem, "run.edges[%zu].addresses[%zu]", i, k),
                              "%s is neither a loopback address nor in net.own_prefixes",
                              addresses->items[k]);
    }
    return true;
}

bool config_check(struct arena *mem, const struct config *cfg, struct err *err)
{
    return mode_check(mem, cfg, err) && cas_check(mem, cfg, err) && updates_check(mem, cfg, err) &&
           lists_check(mem, cfg, err) && spans_check(cfg, err) && run_check(mem, cfg, err) &&
           trust_check(mem, cfg, err);
}
