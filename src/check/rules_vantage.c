/* SPDX-License-Identifier: Apache-2.0 */
#include "check/rules.h"
#include "check/vantage.h"

#define TEXT_MAX 1024

/* How many vantage points saw the name, and how many of them were answered wherever they asked. */
struct tally {
    size_t seeing, reaching;
};

static struct tally tally_of(const struct facts *f)
{
    struct vantage_sight sights[VANTAGE_SIGHTS_MAX];
    size_t count = vantage_sights(f, sights);
    struct tally tally = {0};

    for (size_t i = 0, next; i < count; i = next) {
        bool is_reached = true;

        for (next = i; next < count && sights[next].vantage == sights[i].vantage; next++)
            is_reached = is_reached && sights[next].there->outcome == PROBE_OK;
        tally.seeing++;
        tally.reaching += is_reached;
    }
    return tally;
}

/* Nothing came back from any address: who answers wrongly is reached. */
static bool is_cut_off(const struct facts *f)
{
    for (size_t i = 0; i < f->seen->probe_count; i++)
        if (f->seen->probes[i].outcome != PROBE_REFUSED &&
            f->seen->probes[i].outcome != PROBE_TIMEOUT &&
            f->seen->probes[i].outcome != PROBE_UNREACHABLE &&
            f->seen->probes[i].outcome != PROBE_CUT)
            return false;
    return f->seen->probe_count > 0;
}

bool rule_is_reached_elsewhere(const struct facts *f)
{
    struct tally tally;

    if (!f->vantages || !is_cut_off(f) || (f->delegation && f->delegation->name))
        return false;
    tally = tally_of(f);
    return tally.reaching >= VANTAGES_ENOUGH && tally.reaching == tally.seeing;
}

/* Answered here, and not there. */
static bool is_out(const struct vantage_sight *sight)
{
    return vantage_differs(sight) && sight->here->outcome == PROBE_OK;
}

static bool has_out(const struct facts *f, bool is_ours)
{
    struct vantage_sight sights[VANTAGE_SIGHTS_MAX];
    size_t count = vantage_sights(f, sights);

    for (size_t i = 0; i < count; i++)
        if (is_out(&sights[i]) && sights[i].is_ours == is_ours)
            return true;
    return false;
}

bool rule_is_unreached(const struct facts *f)
{
    return has_out(f, true);
}

bool rule_is_shut_out(const struct facts *f)
{
    return has_out(f, false);
}

bool rule_is_looked_up_otherwise(const struct facts *f)
{
    for (size_t i = 0; f->vantages && i < f->vantages->count; i++)
        if (vantage_dns(f, &f->vantages->items[i]).fault != VANTAGE_DNS_NONE)
            return true;
    return false;
}

/* ---- how it is told ---- */

static const char *place_of(struct arena *mem, const struct vantage *vantage)
{
    return arena_printf(mem, "%s (%s)", vantage->region, vantage->edge);
}

/* Adds the text, unless it is there already. */
static void join(struct arena *mem, const char **list, const char *text)
{
    if (!*list)
        *list = text;
    else if (!strstr(*list, text) && strlen(*list) + strlen(text) < TEXT_MAX)
        *list = arena_printf(mem, "%s, %s", *list, text);
}

void rule_tell_vantages(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    struct vantage_sight sights[VANTAGE_SIGHTS_MAX];
    size_t count = vantage_sights(f, sights);

    words->other = words->found = words->why = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct vantage_sight *sight = &sights[i];
        char address[ADDRESS_TEXT_SIZE];

        if (!vantage_differs(sight))
            continue;
        join(mem, &words->other, place_of(mem, sight->vantage));
        join(mem, &words->found, arena_strdup(mem, address_text(&sight->there->address, address)));
        if (!words->why)
            words->why = is_out(sight) ? vantage_outcome_text(mem, sight->there)
                                       : (sight->here->text ? sight->here->text : "no answer");
    }
}

void rule_fill_vantages(struct arena *mem, const struct facts *f, struct finding *out)
{
    struct vantage_sight sights[VANTAGE_SIGHTS_MAX];
    size_t count = vantage_sights(f, sights);

    remedy_fill(mem, f, REMEDY_NONE, out);
    for (size_t i = 0; i < count; i++) {
        const struct vantage_probe *there = sights[i].there;
        char address[ADDRESS_TEXT_SIZE];

        finding_add_evidence(mem, out,
                             (struct finding_evidence){
                                 place_of(mem, sights[i].vantage),
                                 probe_outcome_name(there->outcome),
                                 arena_strdup(mem, address_text(&there->address, address)), -1});
    }
}

void rule_tell_vantage_dns(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    words->other = words->why = NULL;
    for (size_t i = 0; i < f->vantages->count; i++) {
        const struct vantage *vantage = &f->vantages->items[i];
        struct vantage_dns dns = vantage_dns(f, vantage);

        if (dns.fault == VANTAGE_DNS_NONE)
            continue;
        join(mem, &words->other, place_of(mem, vantage));
        join(mem, &words->why, vantage_dns_text(mem, &dns));
    }
}

static const char *found_text(struct arena *mem, const struct vantage_name *name)
{
    const char *list = NULL;

    for (size_t i = 0; i < name->found_count; i++) {
        char address[ADDRESS_TEXT_SIZE];

        join(mem, &list, arena_strdup(mem, address_text(&name->found[i], address)));
    }
    return list ? list : "no address";
}

void rule_fill_vantage_dns(struct arena *mem, const struct facts *f, struct finding *out)
{
    remedy_fill(mem, f, REMEDY_NONE, out);
    for (size_t i = 0; i < f->vantages->count; i++) {
        struct vantage_dns dns = vantage_dns(f, &f->vantages->items[i]);

        if (dns.name)
            finding_add_evidence(mem, out,
                                 (struct finding_evidence){place_of(mem, &f->vantages->items[i]),
                                                           dns_reply_name(dns.name->a),
                                                           found_text(mem, dns.name), -1});
    }
}
