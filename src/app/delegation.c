/* SPDX-License-Identifier: Apache-2.0 */
#include "app/delegation.h"

#include <string.h>

#include "acme/challenge.h"
#include "base/hash.h"
#include "base/random.h"
#include "model/hostname.h"

#define LABEL_BYTES 16 /* R42: 128 bits */

const char *app_delegation_label(struct arena *mem)
{
    unsigned char octets[LABEL_BYTES];

    random_bytes(octets, sizeof(octets));
    return hex_encode(mem, slice_of(octets, sizeof(octets)));
}

static const struct delegation *fill(const struct app *app, struct arena *mem, const char *name,
                                     const char *label)
{
    const struct config *cfg = app->config;
    const char **targets = arena_array_of(mem, cfg->dns.update_count, const char *);
    struct delegation *made = arena_new_of(mem, struct delegation);

    for (size_t i = 0; i < cfg->dns.update_count; i++)
        targets[i] = arena_printf(mem, "%s.%s", label, cfg->dns.updates[i].zone);
    *made = (struct delegation){.name = acme_dns_01_name(mem, name),
                                .label = label,
                                .targets = targets,
                                .target_count = cfg->dns.update_count};
    return made;
}

/* *out is NULL also when another domain holds it: its label is nobody else's business. */
static bool find_claim(const struct app *app, struct arena *mem, const struct delegated *what,
                       const struct claim **out, struct err *err)
{
    const struct claim *holder = NULL;

    *out = NULL;
    if (app->config->dns.update_count > 0 &&
        !claim_store_holder(mem, app->db, hostname_base(what->name), &holder, err))
        return false;
    if (holder && strcmp(holder->domain_id, what->domain_id) == 0)
        *out = holder;
    return true;
}

bool app_delegation_of(const struct app *app, struct arena *mem, const struct delegated *what,
                       const struct delegation **out, struct err *err)
{
    const struct claim *claim;

    *out = NULL;
    if (!find_claim(app, mem, what, &claim, err))
        return false;
    if (claim && claim->label)
        *out = fill(app, mem, what->name, claim->label);
    return true;
}

bool app_delegation_make(const struct app *app, struct arena *mem, const struct delegated *what,
                         const struct delegation **out, struct err *err)
{
    const struct claim *claim;

    if (!find_claim(app, mem, what, &claim, err) ||
        (claim && !claim->label &&
         !claim_store_set_label(app->db, claim->id, app_delegation_label(mem), err)))
        return false;
    return app_delegation_of(app, mem, what, out, err);
}

static bool is_dns_01_offered(const struct config *cfg)
{
    for (size_t i = 0; i < cfg->ca_count; i++)
        if (cfg->ca[i].challenge == CONFIG_DNS_01)
            return true;
    return false;
}

static bool is_listed(const struct delegation_list *list, const struct delegation *delegation)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i]->name, delegation->name) == 0)
            return true;
    return false;
}

bool app_delegations_of(const struct app *app, struct arena *mem, const char *domain_id,
                        const struct name_set *names, struct delegation_list *out, struct err *err)
{
    bool is_for_all = is_dns_01_offered(app->config);

    *out = (struct delegation_list){
        .items = arena_array_of(mem, names->count, const struct delegation *)};
    for (size_t i = 0; i < names->count; i++) {
        const struct delegated what = {domain_id, names->names[i]};
        const struct delegation *delegation = NULL;

        if ((is_for_all || hostname_is_wildcard(names->names[i])) &&
            !app_delegation_of(app, mem, &what, &delegation, err))
            return false;
        if (delegation && !is_listed(out, delegation))
            out->items[out->count++] = delegation;
    }
    return true;
}
