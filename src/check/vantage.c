/* SPDX-License-Identifier: Apache-2.0 */
#include "check/vantage.h"

#include "check/facts.h"

static const char *const texts[PROBE_OUTCOME_COUNT] = {
    [PROBE_OK] = "the right answer",
    [PROBE_REFUSED] = "connections are refused",
    [PROBE_TIMEOUT] = "no answer in time",
    [PROBE_UNREACHABLE] = "there is no way",
    [PROBE_CUT] = "connections end without an answer",
    [PROBE_REDIRECTED] = "a redirect to another host",
    [PROBE_LOOP] = "redirects in a circle",
    [PROBE_BAD_REDIRECT] = "a redirect that is not followed",
    [PROBE_WRONG_ANSWER] = "another answer",
};

const char *vantage_outcome_text(struct arena *mem, const struct vantage_probe *probe)
{
    if (!probe->status || probe->outcome == PROBE_OK)
        return texts[probe->outcome];
    return arena_printf(mem, "%s (status %d)", texts[probe->outcome], probe->status);
}

static const struct probe *find_probe(const struct probe *probes, size_t count,
                                      const struct address *address)
{
    for (size_t i = 0; i < count; i++)
        if (address_eq(&probes[i].address, address))
            return &probes[i];
    return NULL;
}

bool vantage_is_own(const struct vantage *vantage, const struct address *address)
{
    for (size_t i = 0; i < vantage->own_count; i++)
        if (address_eq(&vantage->own[i], address))
            return true;
    return false;
}

const struct vantage_name *vantage_find_name(const struct vantage *vantage, const char *name)
{
    for (size_t i = 0; vantage->has_answered && i < vantage->said.count; i++)
        if (strcmp(vantage->said.names[i].name, name) == 0)
            return &vantage->said.names[i];
    return NULL;
}

/* Whether it has no IPv6 at all, which says nothing of any name. */
static bool is_without_v6(const struct vantage *vantage)
{
    for (size_t i = 0; i < vantage->said.count; i++)
        for (size_t k = 0; k < vantage->said.names[i].probe_count; k++) {
            const struct vantage_probe *probe = &vantage->said.names[i].probes[k];

            if (probe->address.is_v6 && probe->outcome != PROBE_UNREACHABLE)
                return false;
        }
    return true;
}

/* False: it says nothing. The address was not looked at from here, or is the vantage point's own,
 * or it has no way to any of this family. */
static bool sight_of(const struct facts *f, const struct vantage *vantage,
                     const struct vantage_probe *there, struct vantage_sight *out)
{
    const struct observation *seen = f->seen;
    const struct probe *ours = find_probe(seen->probes, seen->probe_count, &there->address);
    const struct probe *stranger =
        find_probe(seen->strangers, seen->stranger_count, &there->address);

    *out = (struct vantage_sight){vantage, there, ours ? ours : stranger, ours};
    return out->here && !vantage_is_own(vantage, &there->address) &&
           !(there->address.is_v6 && is_without_v6(vantage));
}

size_t vantage_sights(const struct facts *f, struct vantage_sight sights[VANTAGE_SIGHTS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; f->vantages && i < f->vantages->count; i++) {
        const struct vantage *vantage = &f->vantages->items[i];
        const struct vantage_name *name = vantage_find_name(vantage, f->name);

        for (size_t k = 0; name && k < name->probe_count; k++)
            count += sight_of(f, vantage, &name->probes[k], &sights[count]);
    }
    return count;
}

bool vantage_differs(const struct vantage_sight *sight)
{
    return (sight->there->outcome == PROBE_OK) != (sight->here->outcome == PROBE_OK);
}

static const char *text_of(struct arena *mem, const struct facts *f,
                           const struct vantage_probe *there)
{
    char address[ADDRESS_TEXT_SIZE];

    return arena_printf(mem, "%s: %s at %s", f->name, vantage_outcome_text(mem, there),
                        address_text(&there->address, address));
}

static void note(struct check_vantage *out, const char *text)
{
    if (out->result == CHECK_VANTAGE_DIFFERS)
        return;
    out->result = CHECK_VANTAGE_DIFFERS;
    out->text = text;
}

/* One name as it was seen from there; false: not at all. */
static bool judge_name(struct arena *mem, const struct facts *f, const struct vantage *vantage,
                       struct check_vantage *out)
{
    struct vantage_dns dns = vantage_dns(f, vantage);
    struct vantage_sight sights[VANTAGE_SIGHTS_MAX];
    size_t count = vantage_sights(f, sights);
    bool has_seen = dns.name != NULL;

    if (dns.fault != VANTAGE_DNS_NONE)
        note(out, arena_printf(mem, "%s: %s", f->name, vantage_dns_text(mem, &dns)));
    for (size_t i = 0; i < count; i++) {
        has_seen = has_seen || sights[i].vantage == vantage;
        if (sights[i].vantage == vantage && vantage_differs(&sights[i]))
            note(out, text_of(mem, f, sights[i].there));
    }
    return has_seen;
}

/* False: it has said nothing that can be compared. */
static bool judge(struct arena *mem, const struct facts *all, size_t count,
                  const struct vantage *vantage, struct check_vantage *out)
{
    bool has_seen = false;

    *out = (struct check_vantage){vantage->edge, vantage->region, CHECK_VANTAGE_SAME, ""};
    for (size_t i = 0; i < count; i++)
        has_seen = judge_name(mem, &all[i], vantage, out) || has_seen;
    return has_seen;
}

void vantage_report(struct arena *mem, const struct facts *all, size_t count,
                    struct check_report *out)
{
    const struct vantage_list *list = all->vantages;

    for (size_t i = 0; list && i < list->count; i++) {
        const struct vantage *vantage = &list->items[i];
        struct check_vantage *next = &out->vantages[out->vantage_count];

        if (!vantage->has_answered)
            *next =
                (struct check_vantage){vantage->edge, vantage->region, CHECK_VANTAGE_SILENT, ""};
        if (!vantage->has_answered || judge(mem, all, count, vantage, next))
            out->vantage_count++;
    }
}
