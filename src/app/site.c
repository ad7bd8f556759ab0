/* SPDX-License-Identifier: Apache-2.0 */
#include "app/site.h"

#include "base/clock.h"
#include "base/id.h"
#include "model/hostname.h"
#include "model/job_kind.h"
#include "store/account_store.h"
#include "store/job_store.h"

static bool check_canonical(const char *canonical, struct err *err)
{
    if (strcmp(canonical, "www") == 0 || strcmp(canonical, "apex") == 0)
        return true;
    return err_field(err, "canonical", "canonical is \"%.40s\", it must be www or apex", canonical);
}

static bool find_account(const struct app *app, const struct caller *caller, struct arena *mem,
                         const char *named, const struct account **out, struct err *err)
{
    const char *id = named ? named : scope_account_id(&caller->scope);

    if (!id)
        return err_field(err, "account_id", "account_id is missing: whose site is it");
    if (!account_store_get(mem, app->db, &caller->scope, id, out, err))
        return false;
    if (!*out)
        return err_set(err, ERR_NOT_FOUND, "there is no account %.40s", id);
    return true;
}

static bool find_origin(const struct app *app, const char *named, const char **out, struct err *err)
{
    const struct config *cfg = app->config;
    const struct config_origin *origin;

    if (cfg->origin_count == 0)
        return err_set(err, ERR_CONFIG, "the list of origins is empty: the operator must fill it");
    origin = named ? config_origin_find(cfg, named) : &cfg->origins[0];
    if (!origin)
        return err_field(err, "origin_id", "\"%.40s\" is not in the operator's list of origins",
                         named);
    *out = origin->id;
    return true;
}

bool app_site_create(const struct app *app, const struct caller *caller, struct arena *mem,
                     const struct site_input *in, const struct site **out, struct err *err)
{
    struct site *site = arena_new_of(mem, struct site);
    const char *canonical = in->canonical ? in->canonical : "www", *origin_id;
    const struct account *account;
    int64_t now = clock_now();

    if (!find_account(app, caller, mem, in->account_id, &account, err) ||
        !app_check_text("name", in->name, err) || !check_canonical(canonical, err) ||
        !find_origin(app, in->origin_id, &origin_id, err))
        return false;
    *site = (struct site){.id = id_new(mem, ID_SITE),
                          .partner_id = account->partner_id,
                          .account_id = account->id,
                          .name = in->name,
                          .origin_id = origin_id,
                          .canonical = canonical,
                          .created_at = now,
                          .updated_at = now};
    if (!site_store_add(app->db, site, err))
        return false;
    *out = site;
    return true;
}

/* The host records of every domain of the site follow it. */
static bool publish_domains(struct arena *mem, struct db *tx, const struct scope *scope,
                            const char *site_id, struct err *err)
{
    struct domain_filter filter = {.site_id = site_id, .page = {.limit = PAGE_LIMIT_MAX}};
    struct domain_list domains;

    do {
        if (!domain_store_list(mem, tx, scope, &filter, &domains, err))
            return false;
        for (size_t i = 0; i < domains.count; i++)
            if (!job_store_enqueue(tx, job_kind_name(JOB_PUBLISH), domains.items[i].id, clock_now(),
                                   err))
                return false;
        if (domains.has_more)
            filter.page.after = domains.items[domains.count - 1].id;
    } while (domains.has_more);
    return true;
}

bool app_site_change(const struct app *app, const struct caller *caller, struct arena *mem,
                     const struct site_change *change, const struct site **out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct site *changed = arena_new_of(mem, struct site);
    const struct site *site;
    int64_t now = clock_now();

    if ((change->name && !app_check_text("name", change->name, err)) ||
        (change->canonical && !check_canonical(change->canonical, err)) ||
        !db_tx_begin(app->db, &tx, err) ||
        !site_store_get(mem, tx, &caller->scope, change->site_id, &site, err))
        return false;
    if (!site)
        return err_set(err, ERR_NOT_FOUND, "there is no site %.40s", change->site_id);
    *changed = *site;
    changed->name = change->name ? change->name : site->name;
    changed->canonical = change->canonical ? change->canonical : site->canonical;
    changed->is_https_on = change->is_https_on ? *change->is_https_on : site->is_https_on;
    changed->updated_at = now > site->updated_at ? now : site->updated_at + 1;
    if (!site_store_save(tx, &caller->scope, changed, site->updated_at, err) ||
        !publish_domains(mem, tx, &caller->scope, site->id, err) || !db_tx_commit(&tx, err))
        return false;
    *out = changed;
    return true;
}

const char *app_site_canonical(const struct site *site, const struct name_set *names,
                               const struct text_list *covered)
{
    const char *own = names->names[0];

    for (size_t i = 1; i < names->count && hostname_is_wildcard(own); i++)
        own = names->names[i];
    if (strcmp(site->canonical, "www") != 0)
        return own;
    for (size_t i = 1; i < names->count; i++)
        if (strncmp(names->names[i], "www.", 4) == 0 && strcmp(names->names[i] + 4, own) == 0 &&
            (!covered || text_list_has(*covered, names->names[i])))
            return names->names[i];
    return own;
}
