/* SPDX-License-Identifier: Apache-2.0 */
#include "check/host_field.h"
#include "check/record_form.h"
#include "check/rules.h"

static bool has_reply(const struct facts *f, enum dns_reply reply)
{
    return f->seen->a.reply == reply || f->seen->aaaa.reply == reply;
}

static bool has_address(const struct facts *f)
{
    return facts_ours(f) + facts_foreign(f) > 0;
}

bool rule_is_bogus(const struct facts *f)
{
    return has_reply(f, DNS_REPLY_BOGUS);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct dns_record *)a)->text, ((const struct dns_record *)b)->text);
}

static void remove_key(struct arena *mem, const struct facts *f, const struct dns_record *ds,
                       struct finding *out)
{
    const char *host = host_field(mem, f->names->registered, ds->owner);

    finding_add_found(mem, out, (struct finding_record){"DS", ds->owner, ds->text, ds->ttl});
    finding_add_action(mem, out,
                       (struct finding_action){.op = FINDING_REMOVE,
                                               .type = "DS",
                                               .name = host,
                                               .fqdn = ds->owner,
                                               .value = ds->text,
                                               .ttl = -1});
}

/* Which of them is wrong, or whether the zone is, is for its owner to see; without any it is right
 * again, if not signed. Servers tell them in any order. */
void rule_fill_bogus(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct dns_answer *ds = f->zone ? &f->zone->ds : NULL;
    struct dns_record *sorted;

    remedy_fill(mem, f, REMEDY_NONE, out);
    if (!ds || ds->record_count == 0)
        return;
    sorted = arena_memdup(mem, ds->records, ds->record_count * sizeof(*sorted));
    qsort(sorted, ds->record_count, sizeof(*sorted), by_text);
    for (size_t i = 0; i < ds->record_count; i++)
        remove_key(mem, f, &sorted[i], out);
    remedy_add_evidence(mem, f, ds, out);
}

bool rule_is_loop(const struct facts *f)
{
    return has_reply(f, DNS_REPLY_LOOP);
}

bool rule_follows_bad_name(const struct facts *f)
{
    return f->is_via_base && f->base->verdict != DNS_OK;
}

bool rule_is_timeout(const struct facts *f)
{
    return !has_address(f) && has_reply(f, DNS_REPLY_TIMEOUT);
}

bool rule_is_servfail(const struct facts *f)
{
    return !has_address(f) && has_reply(f, DNS_REPLY_SERVFAIL);
}

bool rule_is_dangling(const struct facts *f)
{
    return !has_address(f) && f->chain_count > 0;
}

bool rule_is_twice(const struct facts *f)
{
    return !has_address(f) && f->chain_count == 0 && f->seen->twice.query.name &&
           f->seen->twice.chain_count + f->seen->twice.record_count > 0;
}

void rule_tell_twice(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    words->other = f->seen->twice.query.name;
    words->why = record_form_host_words(mem, f);
}

void rule_fill_twice(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct dns_answer *twice = &f->seen->twice;
    const struct dns_record *records = twice->chain_count > 0 ? twice->chain : twice->records;
    size_t count = twice->chain_count > 0 ? 1 : twice->record_count;

    for (size_t i = 0; i < count; i++) {
        const char *type = dns_type_name(records[i].type);
        const char *name = host_field(mem, f->names->registered, records[i].owner);

        finding_add_found(
            mem, out,
            (struct finding_record){type, records[i].owner, records[i].text, records[i].ttl});
        finding_add_action(mem, out,
                           (struct finding_action){.op = FINDING_REMOVE,
                                                   .type = type,
                                                   .name = name,
                                                   .fqdn = records[i].owner,
                                                   .value = records[i].text,
                                                   .ttl = -1});
    }
    remedy_fill(mem, f, REMEDY_POINT_HERE, out);
}

bool rule_is_www_missing(const struct facts *f)
{
    return !has_address(f) && f->role == ROLE_WWW;
}

bool rule_is_not_found(const struct facts *f)
{
    return !has_address(f) && has_reply(f, DNS_REPLY_NXDOMAIN);
}

bool rule_is_without_address(const struct facts *f)
{
    return !has_address(f);
}

bool rule_is_target_wrong(const struct facts *f)
{
    return f->is_via_target && facts_ours(f) == 0;
}

bool rule_is_www_elsewhere(const struct facts *f)
{
    return f->role == ROLE_WWW && facts_ours(f) == 0;
}

/* IPv4 right, or none, and an AAAA that is not ours: the root cause, for CAs try IPv6 first. */
bool rule_is_foreign_aaaa(const struct facts *f)
{
    return f->foreign_count[FACTS_V6] > 0 && f->foreign_count[FACTS_V4] == 0 &&
           (f->ours_count[FACTS_V4] > 0 || f->expected->ipv6_count == 0 ||
            f->ours_count[FACTS_V6] > 0);
}

bool rule_is_all_private(const struct facts *f)
{
    if (facts_ours(f) > 0)
        return false;
    for (size_t family = 0; family < 2; family++)
        for (size_t i = 0; i < f->foreign_count[family]; i++)
            if (!facts_unreachable_for(f, &f->foreign[family][i]))
                return false;
    return true;
}

bool rule_is_wrong(const struct facts *f)
{
    return facts_ours(f) == 0;
}

bool rule_has_extra(const struct facts *f)
{
    return facts_foreign(f) > 0;
}

bool rule_has_dead(const struct facts *f)
{
    return f->dead_count > 0 && !f->is_via_base;
}

bool rule_is_seen_in_part(const struct facts *f)
{
    return has_reply(f, DNS_REPLY_TIMEOUT) || has_reply(f, DNS_REPLY_SERVFAIL);
}

bool rule_is_without_a(const struct facts *f)
{
    return f->seen->a.reply == DNS_REPLY_NODATA && f->expected->ipv4_count > 0 && !f->is_via_base;
}

bool rule_is_without_aaaa(const struct facts *f)
{
    return f->seen->aaaa.reply == DNS_REPLY_NODATA && f->expected->ipv6_count > 0 &&
           f->chain_count == 0;
}

bool rule_is_cname_at_apex(const struct facts *f)
{
    return f->chain_count > 0 && strcmp(f->name, f->names->registered) == 0;
}
