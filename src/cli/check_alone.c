/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check_alone.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "acme/challenge.h"
#include "app/expected.h"
#include "app/open.h"
#include "base/clock.h"
#include "check/check.h"
#include "check/name_fault.h"
#include "model/hostname.h"
#include "model/name_set.h"

#define LETS_ENCRYPT "letsencrypt.org"

struct pool {
    const struct cli_check_alone *how;
    const struct suffix_list *suffixes;
    struct resolver *resolver;
    struct rdap *rdap;
    struct cli_checked *list;
    size_t count;
    _Atomic size_t next;
    pthread_mutex_t telling;
};

static json_t *to_json(const char *name, const struct check_report *report)
{
    return json_pack("{s:s, s:s, s:o, s:o}", "name", name, "verdict", check_report_verdict(report),
                     "findings", check_findings_to_json(report), "report",
                     check_report_to_json(report));
}

/* That a sandbox asks nobody outside is for who has set one up. */
static bool is_sandbox(const struct config *config)
{
    return config->mode == CONFIG_SANDBOX && *config->file;
}

/* On the user's own machine, for names that the user has typed. */
static struct check_reach reach_of(const struct cli_check_alone *how)
{
    return (struct check_reach){.own = how->own,
                                .own_count = how->own_count,
                                .is_offline = is_sandbox(how->config) || config_told_offline()};
}

static struct caa_wanted caa_of(const struct cli_check_alone *how)
{
    struct caa_wanted wanted = app_caa_of(how->config, config_ca_default(how->config));

    if (how->caa.issuer)
        wanted.issuer = how->caa.issuer;
    if (!wanted.issuer)
        wanted.issuer = LETS_ENCRYPT;
    if (!wanted.method)
        wanted.method = "http-01";
    wanted.account = how->caa.account;
    return wanted;
}

/* Of wildcards alone; NULL when nobody says where they must lead. */
static const struct check_delegation *
delegations_of(struct arena *mem, const struct name_set *names, const char *const *target)
{
    struct check_delegation *list = arena_array_of(mem, names->count, struct check_delegation);

    if (!*target)
        return NULL;
    for (size_t i = 0; i < names->count; i++)
        if (hostname_is_wildcard(names->names[i]))
            list[i] = (struct check_delegation){acme_dns_01_name(mem, names->names[i]), target, 1};
    return list;
}

static bool look(struct arena *mem, const struct pool *pool, const char *typed,
                 struct check_report *out, struct err *err)
{
    const struct config *config = pool->how->config;
    const struct check_env env = {.resolver = pool->resolver,
                                  .rdap = pool->rdap,
                                  .is_keyless = true,
                                  .brand = config->platform.brand,
                                  .reach = reach_of(pool->how),
                                  .caa = caa_of(pool->how),
                                  .http_port = (uint16_t)config->edge.http_port,
                                  .https_port = (uint16_t)config->edge.https_port,
                                  .http_ms = (int)config->check.http_ms};
    enum hostname_fault fault;
    struct hostname name;
    struct name_set names;

    fault = hostname_read(mem, pool->suffixes, typed, &name, err);
    if (fault != HOSTNAME_NONE) {
        check_refuse(mem, typed, fault, err->text, out);
        return true;
    }
    name_set_cover(mem, &name, &names);
    return check_run(
        mem, &env,
        &(struct check_names){.names = names.names,
                              .count = names.count,
                              .registered = name.registered,
                              .delegations = delegations_of(mem, &names, &pool->how->delegation)},
        &pool->how->expected, out, err);
}

static void check_one(struct pool *pool, struct cli_checked *checked)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    int64_t began = clock_boot_ms();
    struct check_report report;

    if (look(mem, pool, checked->name, &report, &checked->err))
        checked->json = to_json(checked->name, &report);
    checked->took_ms = clock_boot_ms() - began;
    if (!pool->how->on_done)
        return;
    pthread_mutex_lock(&pool->telling);
    pool->how->on_done(checked);
    pthread_mutex_unlock(&pool->telling);
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    size_t i;

    while ((i = atomic_fetch_add(&pool->next, 1)) < pool->count)
        check_one(pool, &pool->list[i]);
    return NULL;
}

static void work_all(struct pool *pool)
{
    pthread_t threads[CLI_CHECKS_AT_ONCE];
    size_t wanted = pool->count < CLI_CHECKS_AT_ONCE ? pool->count : CLI_CHECKS_AT_ONCE, n = 0;

    /* This thread works as well: fewer than wanted are only slower. */
    while (n + 1 < wanted && pthread_create(&threads[n], NULL, work, pool) == 0)
        n++;
    work(pool);
    while (n > 0)
        pthread_join(threads[--n], NULL);
}

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

bool cli_check_alone(struct arena *mem, const struct cli_check_alone *how, struct cli_checked *list,
                     size_t count, struct err *err)
{
    AUTO(resolver_freep) struct resolver *resolver = NULL;
    AUTO(rdap_freep) struct rdap *rdap = NULL;
    const struct check_reach reach = reach_of(how);
    const struct config *config = how->config;
    const struct resolver_options options = {
        .forwarder = or_null(config->dns.forwarder),
        .trust_anchor_file = or_null(config->dns.trust_anchor),
        .is_offline = is_sandbox(config),
        .timeout_ms = config->dns.timeout_ms,
    };
    struct pool pool = {
        .how = how, .list = list, .count = count, .telling = PTHREAD_MUTEX_INITIALIZER};

    if (!app_suffixes(mem, config, &pool.suffixes, err) ||
        !resolver_new(&options, &resolver, err) ||
        !app_rdap_open(config, resolver, &reach, &rdap, err))
        return false;
    pool.resolver = resolver;
    pool.rdap = rdap;
    work_all(&pool);
    return true;
}
