/* SPDX-License-Identifier: Apache-2.0 */
#include "app/names.h"
#include "app/site.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "base/id.h"
#include "edge/lookup.h"
#include "model/job_kind.h"
#include "store/domain_name_store.h"
#include "store/job_store.h"

/* The host of "https://host[:port]", in `mem`. */
static const char *url_host(struct arena *mem, const char *url)
{
    const char *start = strstr(url, "://");

    start = start ? start + 3 : url;
    return arena_strndup(mem, start, strcspn(start, ":/"));
}

bool app_check_reserved(const struct app *app, struct arena *mem, const char *name, struct err *err)
{
    const struct config *cfg = app->config;
    const struct config_dns_update *updates = cfg->dns.updates;
    const char *own[] = {url_host(mem, cfg->web.public_url), cfg->edge.cname, EDGE_PREVIEW_DOMAIN};
    const char *by = name_reserved_by(cfg->names.reserved.items, cfg->names.reserved.count, name);

    for (size_t i = 0; !by && i < ARRAY_LEN(own); i++)
        if (*own[i])
            by = name_reserved_by(&own[i], 1, name);
    for (size_t i = 0; !by && i < cfg->dns.update_count; i++)
        by = name_reserved_by(&updates[i].zone, 1, name);
    if (!by)
        return true;
    return err_field(err, "name", "%s is reserved: %s and all below it belong to the platform",
                     name, by);
}

bool app_domain_names(const struct app *app, struct arena *mem, const struct domain *domain,
                      struct name_set *out, struct err *err)
{
    const struct scope scope = scope_platform();
    struct domain_name_list names;
    struct hostname name;

    if (!hostname_parse(mem, app->suffixes, domain->name, &name, err) ||
        !domain_name_store_list(mem, app->db, &scope, domain->id, &names, err))
        return false;
    name_set_cover(mem, &name, out);
    for (size_t i = 0; i < names.count; i++) {
        if (!names.items[i].is_alias)
            continue;
        if (out->count == NAME_SET_MAX)
            return err_set(err, ERR_STORE, "%s has more than %d names", domain->name, NAME_SET_MAX);
        out->names[out->count++] = names.items[i].name;
    }
    return true;
}

static bool store_domain(const struct app *app, struct arena *mem, const struct domain *domain,
                         const struct name_set *names, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct timeline_entry entry = {
        .domain = domain,
        .subject_id = domain->id,
        .kind = "domain.added",
        .text = arena_printf(mem, "%s was added to the site", domain->name),
    };

    if (!db_tx_begin(app->db, &tx, err))
        return false;
    if (!domain_store_add(tx, domain, err)) {
        if (err->code != ERR_CONFLICT)
            return false;
        (void)err_field(err, "name", "the account has %s already", domain->name);
        err->code = ERR_CONFLICT;
        return false;
    }
    return app_names_claim(mem, tx, domain, names, NAME_COVERED, err) &&
           timeline_add(mem, tx, &entry, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_PUBLISH), domain->id, domain->created_at, err) &&
           db_tx_commit(&tx, err);
}

bool app_domain_add(const struct app *app, const struct caller *caller, struct arena *mem,
                    const struct domain_input *in, const struct domain **out, struct err *err)
{
    struct domain *domain = arena_new_of(mem, struct domain);
    const struct site *site;
    struct hostname name;
    struct name_set names;

    if (!in->site_id)
        return err_field(err, "site_id", "site_id is missing: a domain belongs to a site");
    if (!site_store_get(mem, app->db, &caller->scope, in->site_id, &site, err))
        return false;
    if (!site)
        return err_set(err, ERR_NOT_FOUND, "there is no site %.40s", in->site_id);
    if (!hostname_parse(mem, app->suffixes, in->name, &name, err) ||
        !app_check_reserved(app, mem, name.base, err))
        return false;
    name_set_cover(mem, &name, &names);
    *domain = (struct domain){.id = id_new(mem, ID_DOMAIN),
                              .partner_id = site->partner_id,
                              .account_id = site->account_id,
                              .site_id = site->id,
                              .name = name.name,
                              .registered_domain = name.registered,
                              .created_at = clock_now()};
    if (!store_domain(app, mem, domain, &names, err))
        return false;
    *out = domain;
    return true;
}
