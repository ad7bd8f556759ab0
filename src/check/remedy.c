/* SPDX-License-Identifier: Apache-2.0 */
#include "check/remedy.h"

#include "base/buf.h"
#include "check/host_field.h"

#define LIST_TEXT_MAX 2048

static const char *const family_type[] = {[FACTS_V4] = "A", [FACTS_V6] = "AAAA"};

/* Its records are not to be changed where the name is: they are behind a CNAME, or a wildcard's. */
static bool is_borrowed(const struct facts *f)
{
    return f->chain_count > 0 || f->seen->is_of_star;
}

/* It has records of other types, or names below it. A CNAME cannot stand beside the first (RFC 1034
 * section 3.6.2), and which it is, is not known: addresses can always be added. */
static bool is_occupied(const struct facts *f)
{
    return f->chain_count == 0 && facts_ours(f) + facts_foreign(f) == 0 &&
           (f->seen->a.reply == DNS_REPLY_NODATA || f->seen->aaaa.reply == DNS_REPLY_NODATA);
}

static bool is_to_follow_base(const struct facts *f)
{
    return f->role == ROLE_WWW && !is_occupied(f);
}

static const char *text_of(struct arena *mem, const struct address *address)
{
    char text[ADDRESS_TEXT_SIZE];

    return arena_strdup(mem, address_text(address, text));
}

/* ---- words ---- */

/* "a", "a and b", "a, b and c" */
static void add_item(struct buf *out, size_t i, size_t count, const char *type, const char *value)
{
    if (i > 0)
        buf_str(out, i + 1 == count ? " and " : ", ");
    buf_printf(out, "%s %s", type, value);
}

const char *remedy_joined(struct arena *mem, const struct finding_record *records, size_t count)
{
    struct buf out = buf_new(mem, LIST_TEXT_MAX);

    for (size_t i = 0; i < count; i++)
        add_item(&out, i, count, records[i].type, records[i].value);
    return buf_ok(&out) ? buf_cstr(&out) : "many records";
}

static const char *foreign_text(struct arena *mem, const struct facts *f)
{
    struct finding list = {0};

    for (size_t family = 0; family < 2; family++)
        for (size_t i = 0; i < f->foreign_count[family]; i++)
            finding_add_found(
                mem, &list,
                (struct finding_record){.type = family_type[family],
                                        .value = text_of(mem, &f->foreign[family][i])});
    return remedy_joined(mem, list.found, list.found_count);
}

/* The record that the owner set, for a reader. */
static const char *found_text(struct arena *mem, const struct facts *f)
{
    const char *star =
        f->seen->is_of_star ? arena_printf(mem, " of *.%s", f->names->registered) : "";

    if (f->chain_count > 0)
        return arena_printf(mem, "CNAME %s%s", f->chain[0].name, star);
    return arena_printf(mem, "%s%s", foreign_text(mem, f), star);
}

static const char *dead_text(struct arena *mem, const struct facts *f)
{
    struct finding list = {0};

    for (size_t i = 0; i < f->dead_count; i++)
        finding_add_found(
            mem, &list,
            (struct finding_record){.type = family_type[f->dead[i].is_v6 ? FACTS_V6 : FACTS_V4],
                                    .value = text_of(mem, &f->dead[i])});
    return remedy_joined(mem, list.found, list.found_count);
}

static const char *aaaa_text(struct arena *mem, const struct facts *f)
{
    struct finding list = {0};

    for (size_t i = 0; i < f->foreign_count[FACTS_V6]; i++)
        finding_add_found(mem, &list,
                          (struct finding_record){.type = "AAAA",
                                                  .value = text_of(mem, &f->foreign[FACTS_V6][i])});
    return remedy_joined(mem, list.found, list.found_count);
}

static const char *chain_text(struct arena *mem, const struct facts *f)
{
    struct buf out = buf_new(mem, LIST_TEXT_MAX);
    size_t shown = f->chain_count < 4 ? f->chain_count : 4;

    buf_str(&out, f->name);
    for (size_t i = 0; i < shown; i++)
        buf_printf(&out, " > %s", f->chain[i].name);
    if (shown < f->chain_count)
        buf_str(&out, " > ...");
    return buf_ok(&out) ? buf_cstr(&out) : f->name;
}

static void expect_addresses(struct arena *mem, const struct facts *f, struct finding *out)
{
    for (size_t i = 0; i < f->expected->ipv4_count; i++)
        finding_add_expected(
            mem, out,
            (struct finding_record){"A", f->name, text_of(mem, &f->expected->ipv4[i]), -1});
    for (size_t i = 0; i < f->expected->ipv6_count; i++)
        finding_add_expected(
            mem, out,
            (struct finding_record){"AAAA", f->name, text_of(mem, &f->expected->ipv6[i]), -1});
}

static void expect(struct arena *mem, const struct facts *f, struct finding *out)
{
    if (is_to_follow_base(f))
        finding_add_expected(mem, out,
                             (struct finding_record){"CNAME", f->name, f->base->name, -1});
    else
        expect_addresses(mem, f, out);
}

static const char *expected_text(struct arena *mem, const struct facts *f, const char *only)
{
    struct finding list = {0}, kept = {0};

    if (only)
        expect_addresses(mem, f, &list);
    else
        expect(mem, f, &list);
    for (size_t i = 0; i < list.expected_count; i++)
        if (!only || strcmp(list.expected[i].type, only) == 0)
            finding_add_expected(mem, &kept, list.expected[i]);
    return remedy_joined(mem, kept.expected, kept.expected_count);
}

static const char *probe_place(struct arena *mem, const struct facts *f, const struct probe *probe)
{
    char place[ADDRESS_PLACE_SIZE];

    address_place(&probe->address, probe->origin ? probe->port : f->context->http_port, place);
    return probe->origin ? arena_printf(mem, "%s (redirected to %s)", place, probe->origin)
                         : arena_strdup(mem, place);
}

/* Where the check path failed: each address and port. */
static const char *bad_places(struct arena *mem, const struct facts *f)
{
    struct buf out = buf_new(mem, LIST_TEXT_MAX);
    size_t n = 0;

    for (size_t i = 0; i < f->seen->probe_count; i++) {
        const struct probe *probe = &f->seen->probes[i];

        if (probe->outcome == PROBE_OK)
            continue;
        if (n > 0)
            buf_str(&out, n + 1 == f->probes_bad ? " and " : ", ");
        buf_str(&out, probe_place(mem, f, probe));
        n++;
    }
    return buf_ok(&out) ? buf_cstr(&out) : "our addresses";
}

static const struct dns_answer *find_reply(const struct facts *f, enum dns_reply reply)
{
    return f->seen->a.reply == reply ? &f->seen->a : &f->seen->aaaa;
}

static bool has_failed(const struct dns_answer *answer)
{
    return answer->reply == DNS_REPLY_TIMEOUT || answer->reply == DNS_REPLY_SERVFAIL;
}

static const char *aaaa_advice(struct arena *mem, const struct facts *f)
{
    if (f->chain_count > 0)
        return arena_printf(mem, "It comes with the CNAME of %s: replace that by %s",
                            f->chain[0].name, expected_text(mem, f, NULL));
    if (facts_ours(f) == 0 && f->expected->ipv6_count == 0)
        return arena_printf(mem, "Remove it, and add %s", expected_text(mem, f, "A"));
    if (f->expected->ipv6_count == 0 || f->ours_count[FACTS_V6] > 0)
        return "Remove it";
    return arena_printf(mem, "Remove it, or have %s instead", expected_text(mem, f, "AAAA"));
}

static const char *why_text(struct arena *mem, const struct facts *f, enum finding_code code)
{
    if (code == FINDING_DNSSEC_BOGUS)
        return find_reply(f, DNS_REPLY_BOGUS)->why_bogus;
    if (code == FINDING_DNS_SERVFAIL)
        return dns_rcode_name(find_reply(f, DNS_REPLY_SERVFAIL)->rcode);
    if (code == FINDING_LOOKUP_PARTLY)
        return has_failed(&f->seen->a) ? "A" : "AAAA";
    if (code == FINDING_DEAD_ADDRESS)
        return address_reserved_for(&f->dead[0]);
    if (code == FINDING_WWW_MISSING)
        return is_occupied(f) ? "is in DNS, but has no address" : "does not exist in DNS";
    if (code == FINDING_PRIVATE_ADDRESS)
        return address_reserved_for(f->foreign_count[FACTS_V4] ? &f->foreign[FACTS_V4][0]
                                                               : &f->foreign[FACTS_V6][0]);
    if (code == FINDING_CNAME_DANGLING)
        return f->seen->a.reply == DNS_REPLY_NXDOMAIN ? "does not exist" : "has no address";
    if (code == FINDING_FOREIGN_AAAA)
        return aaaa_advice(mem, f);
    return f->bad ? f->bad->text : NULL;
}

/* The other name that a wording speaks of. */
static const char *other_text(const struct facts *f, enum finding_code code)
{
    if (code == FINDING_HTTP_REDIRECTED)
        return f->bad->location;
    if (code == FINDING_PLATFORM_TARGET_WRONG)
        return f->expected->cname;
    if (code == FINDING_CNAME_DANGLING)
        return f->chain[f->chain_count - 1].name;
    if (f->base)
        return f->base->name;
    return f->chain_count > 0 ? f->chain[0].name : NULL;
}

static const char *found_words(struct arena *mem, const struct facts *f, enum finding_code code)
{
    if (f->bad && facts_foreign(f) == 0)
        return bad_places(mem, f);
    if (code == FINDING_FOREIGN_AAAA)
        return aaaa_text(mem, f);
    if (code == FINDING_DEAD_ADDRESS)
        return dead_text(mem, f);
    if (code == FINDING_CNAME_LOOP)
        return chain_text(mem, f);
    if (code == FINDING_EXTRA_ADDRESS || code == FINDING_PLATFORM_TARGET_WRONG)
        return foreign_text(mem, f);
    return found_text(mem, f);
}

const char *remedy_of_bogus(const char *why_bogus)
{
    bool is_of_time = why_bogus && (strstr(why_bogus, "signature expired") ||
                                    strstr(why_bogus, "signature before inception"));

    return is_of_time
               ? "Have the zone signed anew where its DNS is managed, or switch DNSSEC off at "
                 "the registrar"
               : "Correct the DS record at the registrar, or switch DNSSEC off there";
}

struct finding_words remedy_words(struct arena *mem, const struct facts *f, enum finding_code code)
{
    const char *only = code == FINDING_A_MISSING      ? "A"
                       : code == FINDING_AAAA_MISSING ? "AAAA"
                                                      : NULL;

    return (struct finding_words){
        .subject = f->name,
        .www = f->www,
        .brand = f->context->brand,
        .found = found_words(mem, f, code),
        .expected = code == FINDING_DNSSEC_BOGUS ? remedy_of_bogus(why_text(mem, f, code))
                                                 : expected_text(mem, f, only),
        .other = other_text(f, code),
        .why = why_text(mem, f, code),
    };
}

/* ---- lists ---- */

static void fill_found(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct dns_answer *answers[] = {&f->seen->a, &f->seen->aaaa};

    for (size_t i = 0; i < f->chain_count; i++)
        finding_add_found(
            mem, out,
            (struct finding_record){"CNAME", f->chain[i].owner, f->chain[i].name, f->chain[i].ttl});
    for (size_t family = 0; family < 2; family++)
        for (size_t i = 0; i < answers[family]->record_count; i++) {
            const struct dns_record *record = &answers[family]->records[i];

            finding_add_found(mem, out,
                              (struct finding_record){family_type[family], record->owner,
                                                      record->text, record->ttl});
        }
}

const char *remedy_answer_text(struct arena *mem, const struct dns_answer *answer)
{
    struct buf out = buf_new(mem, LIST_TEXT_MAX);

    buf_printf(&out, "%s %s:", answer->query.name, dns_type_name(answer->query.type));
    for (size_t i = 0; i < answer->chain_count; i++)
        buf_printf(&out, " CNAME %s", answer->chain[i].name);
    for (size_t i = 0; i < answer->record_count; i++)
        buf_printf(&out, " %s", answer->records[i].text);
    if (answer->chain_count + answer->record_count == 0)
        buf_printf(&out, " %s", dns_reply_name(answer->reply));
    return buf_ok(&out) ? buf_cstr(&out) : "a long answer";
}

void remedy_add_evidence(struct arena *mem, const struct facts *f, const struct dns_answer *answer,
                         struct finding *out)
{
    finding_add_evidence(mem, out,
                         (struct finding_evidence){f->context->resolver,
                                                   dns_rcode_name(answer->rcode),
                                                   remedy_answer_text(mem, answer), answer->ttl});
}

static void fill_evidence(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct dns_answer *answers[] = {&f->seen->a, &f->seen->aaaa};

    for (size_t i = 0; i < 2; i++)
        remedy_add_evidence(mem, f, answers[i], out);
    for (size_t i = 0; i < f->seen->probe_count; i++) {
        const struct probe *probe = &f->seen->probes[i];

        finding_add_evidence(mem, out,
                             (struct finding_evidence){probe_place(mem, f, probe),
                                                       probe_outcome_name(probe->outcome),
                                                       probe->text ? probe->text : "", -1});
    }
}

static void act(struct arena *mem, const struct facts *f, struct finding *out, enum finding_op op,
                struct finding_record record)
{
    finding_add_action(mem, out,
                       (struct finding_action){
                           .op = op,
                           .type = record.type,
                           .name = host_field(mem, f->names->registered, f->name),
                           .fqdn = f->name,
                           .value = record.value,
                           .ttl = op == FINDING_REMOVE ? -1 : CHECK_RECORD_TTL,
                       });
}

static void remove_foreign(struct arena *mem, const struct facts *f, size_t family, size_t from,
                           struct finding *out)
{
    for (size_t i = from; i < f->foreign_count[family]; i++)
        act(mem, f, out, FINDING_REMOVE,
            (struct finding_record){.type = family_type[family],
                                    .value = text_of(mem, &f->foreign[family][i])});
}

static void remove_dead(struct arena *mem, const struct facts *f, struct finding *out)
{
    for (size_t i = 0; i < f->dead_count; i++)
        act(mem, f, out, FINDING_REMOVE,
            (struct finding_record){.type = family_type[f->dead[i].is_v6 ? FACTS_V6 : FACTS_V4],
                                    .value = text_of(mem, &f->dead[i])});
}

/* All of the set's addresses of a family in place of foreign ones; nothing to add where one of ours
 * is there already. */
static void set_family(struct arena *mem, const struct facts *f, size_t family, struct finding *out)
{
    const struct address *want = family == FACTS_V4 ? f->expected->ipv4 : f->expected->ipv6;
    size_t count = family == FACTS_V4 ? f->expected->ipv4_count : f->expected->ipv6_count;
    size_t there = is_borrowed(f) ? 0 : f->foreign_count[family];

    if (f->ours_count[family] > 0 && !is_borrowed(f))
        count = 0;
    for (size_t i = 0; i < count; i++)
        act(mem, f, out, i < there ? FINDING_REPLACE : FINDING_ADD,
            (struct finding_record){.type = family_type[family], .value = text_of(mem, &want[i])});
    if (there > count)
        remove_foreign(mem, f, family, count, out);
}

static void set_cname(struct arena *mem, const struct facts *f, const char *target,
                      struct finding *out)
{
    bool is_there = f->chain_count > 0 && !f->seen->is_of_star;

    if (!is_borrowed(f))
        for (size_t family = 0; family < 2; family++)
            for (size_t i = 0; i < f->ours_count[family]; i++)
                act(mem, f, out, FINDING_REMOVE,
                    (struct finding_record){.type = family_type[family],
                                            .value = text_of(mem, &f->ours[family][i])});
    for (size_t family = 0; family < 2 && !is_borrowed(f); family++)
        remove_foreign(mem, f, family, 0, out);
    act(mem, f, out, is_there ? FINDING_REPLACE : FINDING_ADD,
        (struct finding_record){.type = "CNAME", .value = target});
}

static void set_addresses(struct arena *mem, const struct facts *f, struct finding *out)
{
    if (f->chain_count > 0 && !f->seen->is_of_star)
        act(mem, f, out, FINDING_REMOVE,
            (struct finding_record){.type = "CNAME", .value = f->chain[0].name});
    set_family(mem, f, FACTS_V4, out);
    set_family(mem, f, FACTS_V6, out);
}

static void point_here(struct arena *mem, const struct facts *f, struct finding *out)
{
    const char *target = f->expected->cname;
    bool is_cname_wanted = f->role == ROLE_SINGLE && f->chain_count > 0 && target && target[0] &&
                           strcmp(f->name, f->names->registered) != 0;

    if (is_to_follow_base(f) || is_cname_wanted) {
        set_cname(mem, f, f->role == ROLE_WWW ? f->base->name : target, out);
        return;
    }
    set_addresses(mem, f, out);
}

static void leave_cname(struct arena *mem, const struct facts *f, struct finding *out)
{
    if (f->role == ROLE_WWW) {
        set_cname(mem, f, f->base->name, out);
        return;
    }
    set_addresses(mem, f, out);
}

void remedy_fill_actions(struct arena *mem, const struct facts *f, enum remedy remedy,
                         struct finding *finding)
{
    /* What stands behind a CNAME is not the owner's record: the CNAME is what to change. */
    bool is_behind = is_borrowed(f) && (remedy == REMEDY_NO_FOREIGN || remedy == REMEDY_NO_AAAA ||
                                        remedy == REMEDY_NO_DEAD);

    switch (is_behind ? REMEDY_POINT_HERE : remedy) {
    case REMEDY_NONE:
        break;
    case REMEDY_POINT_HERE:
        point_here(mem, f, finding);
        break;
    case REMEDY_NO_FOREIGN:
        remove_foreign(mem, f, FACTS_V4, 0, finding);
        remove_foreign(mem, f, FACTS_V6, 0, finding);
        break;
    case REMEDY_NO_DEAD:
        remove_dead(mem, f, finding);
        break;
    case REMEDY_NO_AAAA:
        if (f->ours_count[FACTS_V4] == 0 && f->seen->a.reply == DNS_REPLY_NODATA)
            set_family(mem, f, FACTS_V4, finding);
        set_family(mem, f, FACTS_V6, finding);
        break;
    case REMEDY_NO_CNAME:
        if (f->chain_count > 0)
            leave_cname(mem, f, finding);
        break;
    case REMEDY_ADD_A:
        set_family(mem, f, FACTS_V4, finding);
        break;
    case REMEDY_ADD_AAAA:
        set_family(mem, f, FACTS_V6, finding);
        break;
    }
}

void remedy_fill(struct arena *mem, const struct facts *f, enum remedy remedy,
                 struct finding *finding)
{
    fill_found(mem, f, finding);
    expect(mem, f, finding);
    fill_evidence(mem, f, finding);
    remedy_fill_actions(mem, f, remedy, finding);
}
