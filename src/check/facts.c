/* SPDX-License-Identifier: Apache-2.0 */
#include "check/facts.h"

#include "model/hostname.h"

static bool is_listed(const struct address *list, size_t count, const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (address_eq(&list[i], address))
            return true;
    return false;
}

bool check_is_ours(const struct check_expected *expected, const struct address *address)
{
    return address->is_v6 ? is_listed(expected->ipv6, expected->ipv6_count, address)
                          : is_listed(expected->ipv4, expected->ipv4_count, address);
}

bool facts_is_ours(const struct facts *f, const struct dns_record *record)
{
    struct address address = {.is_v6 = record->address.len == 16};

    memcpy(address.octets, record->address.data, record->address.len);
    return check_is_ours(f->expected, &address);
}

const char *facts_unreachable_for(const struct facts *f, const struct address *address)
{
    const char *reserved = address_reserved_for(address);

    if (reserved && f->context->is_offline && strcmp(reserved, "documentation") == 0)
        return NULL;
    for (size_t i = 0; i < f->context->own_count; i++)
        if (prefix_has(&f->context->own[i], address))
            return NULL;
    return reserved;
}

static void set_dead_aside(struct facts *f, size_t family)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->foreign_count[family]; i++) {
        const struct address *address = &f->foreign[family][i];

        if (facts_unreachable_for(f, address))
            f->dead[f->dead_count++] = *address;
        else
            f->foreign[family][kept++] = *address;
    }
    f->foreign_count[family] = kept;
}

static void sort_addresses(struct facts *f, const struct dns_answer *answer)
{
    for (size_t i = 0; i < answer->record_count; i++) {
        struct address address = address_from_octets(answer->records[i].address);
        size_t family = address.is_v6 ? FACTS_V6 : FACTS_V4;
        bool is_ours;

        is_ours = check_is_ours(f->expected, &address);
        if (is_ours && f->ours_count[family] < CHECK_ADDRESSES_MAX)
            f->ours[family][f->ours_count[family]++] = address;
        if (!is_ours && f->foreign_count[family] < CHECK_ADDRESSES_MAX)
            f->foreign[family][f->foreign_count[family]++] = address;
    }
}

static bool is_via(const struct facts *f, const char *name)
{
    for (size_t i = 0; i < f->chain_count; i++)
        if (strcmp(f->chain[i].name, name) == 0)
            return true;
    return false;
}

static const char *base_of(const struct check_names *names, const char *name)
{
    if (strncmp(name, "www.", 4) != 0)
        return NULL;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->names[i], name + 4) == 0)
            return names->names[i];
    return NULL;
}

static void set_role(struct arena *mem, struct facts *all, size_t i)
{
    const struct check_names *names = all->names;
    struct facts *f = &all[i];
    const char *base = base_of(names, f->name), *www = arena_printf(mem, "www.%s", f->name);

    f->www = f->name;
    if (hostname_is_wildcard(f->name))
        f->role = ROLE_WILDCARD;
    else if (base)
        f->role = ROLE_WWW;
    for (size_t k = 0; k < names->count; k++) {
        if (base && names->names[k] == base)
            f->base = &all[k];
        if (f->role == ROLE_SINGLE && strcmp(names->names[k], www) == 0) {
            f->role = ROLE_BASE;
            f->www = names->names[k];
        }
    }
}

static void collect_one(struct facts *f)
{
    const struct dns_answer *a = &f->seen->a, *aaaa = &f->seen->aaaa;
    const char *target = f->expected->cname;

    f->chain = a->chain_count > 0 ? a->chain : aaaa->chain;
    f->chain_count = a->chain_count > 0 ? a->chain_count : aaaa->chain_count;
    sort_addresses(f, a);
    sort_addresses(f, aaaa);
    if (facts_ours(f) > 0) {
        set_dead_aside(f, FACTS_V4);
        set_dead_aside(f, FACTS_V6);
    }
    f->is_via_base = f->base && is_via(f, f->base->name);
    f->is_via_target = target && target[0] && is_via(f, target);
    for (size_t i = 0; i < f->seen->probe_count; i++) {
        if (f->seen->probes[i].outcome == PROBE_OK)
            continue;
        f->bad = f->bad ? f->bad : &f->seen->probes[i];
        f->probes_bad++;
    }
}

static bool has_star(const struct check_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (hostname_is_wildcard(names->names[i]))
            return true;
    return false;
}

static void judge_caa(struct facts *f)
{
    struct caa_wanted wanted = f->context->caa;

    wanted.is_wildcard = f->role == ROLE_WILDCARD;
    if (wanted.method && has_star(f->names)) /* all of them are proven in DNS */
        wanted.method = "dns-01";
    f->has_caa = wanted.issuer && f->seen->caa_count > 0;
    if (f->has_caa)
        caa_judge(f->seen->caa, f->seen->caa_count, &wanted, &f->caa);
}

void facts_collect(struct arena *mem, const struct check_names *names,
                   const struct check_expected *expected, const struct check_context *context,
                   const struct check_seen *seen, struct facts *all)
{
    const struct registration_seen *registration =
        seen->registration && seen->registration->said.is_known ? seen->registration : NULL;

    for (size_t i = 0; i < names->count; i++)
        all[i] = (struct facts){.names = names,
                                .expected = expected,
                                .context = context,
                                .seen = &seen->names[i],
                                .zone = seen->zone && seen->zone->zone ? seen->zone : NULL,
                                .registration = registration,
                                .vantages = seen->vantages,
                                .index = i,
                                .name = names->names[i],
                                .delegation = names->delegations ? &names->delegations[i] : NULL,
                                .verdict = DNS_UNCHECKED};
    for (size_t i = 0; i < names->count; i++)
        set_role(mem, all, i);
    for (size_t i = 0; i < names->count; i++) {
        judge_caa(&all[i]);
        collect_one(&all[i]);
    }
}
