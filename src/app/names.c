/* SPDX-License-Identifier: Apache-2.0 */
#include "app/names.h"

#include "app/claim.h"
#include "app/delegation.h"
#include "app/leave.h"
#include "app/site.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "base/id.h"
#include "model/dns_verdict.h"
#include "model/hostname.h"
#include "model/job_kind.h"
#include "store/domain_name_store.h"
#include "store/job_store.h"

/* What another account's wildcard stands for is not to be had without its doing: DNS leads it here
 * for that account. Only a wildcard that is proven keeps others away (R41). */
static bool check_star(struct arena *mem, struct db *tx, const struct claim *claim, struct err *err)
{
    bool is_taken;

    if (!app_claim_is_under_star(mem, tx, claim, &is_taken, err))
        return false;
    if (!is_taken)
        return true;
    (void)err_field(err, "name", "%s is claimed already", claim->name);
    err->code = ERR_CONFLICT;
    return false;
}

bool app_names_claim(struct arena *mem, struct db *tx, const struct domain *domain,
                     const struct name_set *names, enum name_kind kind, struct err *err)
{
    int64_t now = clock_now();

    for (size_t i = 0; i < names->count; i++) {
        const struct claim claim = {.id = id_new(mem, ID_CLAIM),
                                    .name = names->names[i],
                                    .domain_id = domain->id,
                                    .partner_id = domain->partner_id,
                                    .account_id = domain->account_id,
                                    .state = CLAIM_ACTIVE,
                                    .created_at = now,
                                    .label = app_delegation_label(mem)};
        const struct domain_name name = {.domain_id = domain->id,
                                         .name = names->names[i],
                                         .is_alias = kind == NAME_ALIAS,
                                         .created_at = now,
                                         .dns_state = dns_verdict_name(DNS_UNCHECKED)};

        if (!check_star(mem, tx, &claim, err) || !claim_store_add(tx, &claim, err) ||
            !domain_name_store_add(tx, &name, err))
            return false;
    }
    return true;
}

static bool find_domain(const struct caller *caller, struct arena *mem, struct db *tx,
                        const char *id, const struct domain **out, struct err *err)
{
    if (!domain_store_get(mem, tx, &caller->scope, id, out, err))
        return false;
    if (!*out)
        return err_set(err, ERR_NOT_FOUND, "there is no domain %.40s", id);
    if ((*out)->is_removed)
        return err_set(err, ERR_CONFLICT, "%s was removed from the account", (*out)->name);
    return true;
}

static bool read_alias(const struct app *app, struct arena *mem, const struct domain *domain,
                       const char *typed, struct hostname *out, struct err *err)
{
    if (!hostname_parse(mem, app->suffixes, typed, out, err) ||
        !app_check_reserved(app, mem, out->base, err))
        return false;
    if (out->is_wildcard || hostname_is_wildcard(domain->name))
        return err_field(err, "name", "a wildcard has no further names, and is none");
    if (strcmp(out->registered, domain->registered_domain) != 0)
        return err_field(err, "name", "%s is not below %s: add it as a domain of its own",
                         out->name, domain->registered_domain);
    return true;
}

static bool check_room(const struct app *app, struct arena *mem, const struct domain *domain,
                       struct err *err)
{
    struct name_set names;

    if (!app_domain_names(app, mem, domain, &names, err))
        return false;
    if (names.count >= NAME_SET_MAX)
        return err_field(err, "name", "%s has %zu names already, at most %d fit one certificate",
                         domain->name, names.count, NAME_SET_MAX);
    return true;
}

/* Its records, its certificate and the timeline follow. */
static bool tell(struct arena *mem, struct db *tx, const struct domain *domain, const char *kind,
                 const char *text, struct err *err)
{
    int64_t now = clock_now();
    const struct timeline_entry entry = {
        .domain = domain, .subject_id = domain->id, .kind = kind, .text = text};

    return timeline_add(mem, tx, &entry, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_PUBLISH), domain->id, now, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_NAMES), domain->id, now, err);
}

bool app_name_add(const struct app *app, const struct caller *caller, struct arena *mem,
                  const struct name_input *in, const struct domain **out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct app inside = *app;
    const struct domain *domain;
    struct hostname alias;
    struct name_set set;

    if (!db_tx_begin(app->db, &tx, err))
        return false;
    inside.db = tx;
    if (!find_domain(caller, mem, tx, in->domain_id, &domain, err) ||
        !read_alias(app, mem, domain, in->name, &alias, err) ||
        !check_room(&inside, mem, domain, err))
        return false;
    set = (struct name_set){.names = {alias.name}, .count = 1};
    if (!app_names_claim(mem, tx, domain, &set, NAME_ALIAS, err) ||
        !tell(mem, tx, domain, "name.added",
              arena_printf(mem, "%s is served beside %s", alias.name, domain->name), err) ||
        !db_tx_commit(&tx, err))
        return false;
    *out = domain;
    return true;
}

static bool find_alias(const struct caller *caller, struct arena *mem, struct db *tx,
                       const struct domain *domain, const char *name, struct err *err)
{
    struct domain_name_list names;

    if (!domain_name_store_list(mem, tx, &caller->scope, domain->id, &names, err))
        return false;
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.items[i].name, name) != 0)
            continue;
        if (names.items[i].is_alias)
            return true;
        (void)err_field(err, "name", "%s comes with %s: only the whole domain can be given back",
                        name, domain->name);
        err->code = ERR_CONFLICT;
        return false;
    }
    return err_set(err, ERR_NOT_FOUND, "%.253s is not a name of %s", name, domain->name);
}

bool app_name_remove(const struct app *app, const struct caller *caller, struct arena *mem,
                     const struct name_input *in, const struct domain **out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct domain *domain;
    struct hostname alias;

    if (!hostname_parse(mem, app->suffixes, in->name, &alias, err) ||
        !db_tx_begin(app->db, &tx, err) ||
        !find_domain(caller, mem, tx, in->domain_id, &domain, err) ||
        !find_alias(caller, mem, tx, domain, alias.name, err) ||
        !claim_store_end_name(tx, domain->id, alias.name, clock_now(), err) ||
        !domain_name_store_remove(tx, domain->id, alias.name, err) ||
        !app_name_leave(mem, tx, domain, alias.name, err) ||
        !tell(mem, tx, domain, "name.removed",
              arena_printf(mem, "%s was given back: anybody can claim it", alias.name), err) ||
        !db_tx_commit(&tx, err))
        return false;
    *out = domain;
    return true;
}
