/* SPDX-License-Identifier: Apache-2.0 */
#include "check/host_field.h"
#include "check/rules.h"

/* A name that is a CNAME of its base shares the base's records, and is right as soon as that is. */
static bool has_fault(const struct facts *f, enum caa_fault fault)
{
    bool is_of_base = f->is_via_base && f->base->has_caa && f->base->caa.fault != CAA_PERMITTED;

    return f->has_caa && f->caa.fault == fault && !is_of_base;
}

/* Who has the records: the name asked for, what it is a CNAME of, or the wildcard that stands for
 * it: a record of its own would take the others of the wildcard away from it. */
static const char *owner_of(struct arena *mem, const struct facts *f)
{
    const struct dns_answer *answer = f->caa.answer;

    if (f->seen->is_of_star && strcmp(answer->query.name, f->name) == 0 && answer->chain_count == 0)
        return arena_printf(mem, "*.%s", f->names->registered);
    return answer->chain_count > 0 ? answer->chain[answer->chain_count - 1].name
                                   : answer->query.name;
}

static bool is_at_target(const struct facts *f)
{
    return f->caa.answer->chain_count > 0;
}

/* Whether the owner of the names can change a record of this name. */
static bool is_own(const struct facts *f, const char *name)
{
    const char *registered = f->names->registered;
    size_t len = strlen(name), tail = strlen(registered);

    return len >= tail && strcmp(name + len - tail, registered) == 0 &&
           (len == tail || name[len - tail - 1] == '.');
}

bool rule_caa_forbids(const struct facts *f)
{
    return has_fault(f, CAA_FORBIDDEN) && !is_at_target(f) && strcmp(f->caa.tag, "issue") == 0;
}

bool rule_caa_forbids_wildcard(const struct facts *f)
{
    return has_fault(f, CAA_FORBIDDEN) && !is_at_target(f) && strcmp(f->caa.tag, "issuewild") == 0;
}

bool rule_caa_forbids_at_target(const struct facts *f)
{
    return has_fault(f, CAA_FORBIDDEN) && is_at_target(f);
}

bool rule_caa_is_malformed(const struct facts *f)
{
    return has_fault(f, CAA_MALFORMED);
}

bool rule_caa_is_of_other_account(const struct facts *f)
{
    return has_fault(f, CAA_WRONG_ACCOUNT);
}

bool rule_caa_is_of_other_method(const struct facts *f)
{
    return has_fault(f, CAA_WRONG_METHOD);
}

bool rule_caa_is_critical(const struct facts *f)
{
    return has_fault(f, CAA_CRITICAL);
}

/* Where the other look-ups of the name fail as well, that is the trouble, and not CAA. */
static bool is_only_caa(const struct facts *f)
{
    enum dns_reply reply = f->seen->a.reply;

    return reply == DNS_REPLY_RECORDS || reply == DNS_REPLY_NODATA || reply == DNS_REPLY_NXDOMAIN;
}

/* Silence may be the network's; an error, or a broken signature, is the servers' own. */
bool rule_caa_fails(const struct facts *f)
{
    return has_fault(f, CAA_UNSEEN) && is_only_caa(f) && f->caa.answer->reply != DNS_REPLY_TIMEOUT;
}

bool rule_caa_is_silent(const struct facts *f)
{
    return has_fault(f, CAA_UNSEEN) && is_only_caa(f) && f->caa.answer->reply == DNS_REPLY_TIMEOUT;
}

bool rule_caa_account_is_unknown(const struct facts *f)
{
    return has_fault(f, CAA_ACCOUNT_UNKNOWN);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct finding_record *)a)->value,
                  ((const struct finding_record *)b)->value);
}

/* In one order, whichever a resolver has them in. */
static const char *records_text(struct arena *mem, const struct dns_answer *answer)
{
    struct finding_record *list = arena_array_of(mem, answer->record_count, struct finding_record);

    for (size_t i = 0; i < answer->record_count; i++)
        list[i] = (struct finding_record){.type = "CAA", .value = answer->records[i].text};
    qsort(list, answer->record_count, sizeof(*list), by_text);
    return remedy_joined(mem, list, answer->record_count);
}

void rule_tell_caa(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    const struct dns_answer *answer = f->caa.answer;

    words->other = owner_of(mem, f);
    words->found = f->caa.record ? arena_printf(mem, "CAA %s", f->caa.record->text)
                                 : records_text(mem, answer);
    words->why = f->context->caa.issuer;
    words->expected = caa_value(mem, &f->caa, &f->context->caa);
    if (f->caa.fault == CAA_UNSEEN)
        words->why = answer->reply == DNS_REPLY_BOGUS ? "DNSSEC validation failed"
                                                      : dns_rcode_name(answer->rcode);
}

static void act(struct arena *mem, const struct facts *f, enum finding_op op, const char *value,
                struct finding *out)
{
    const char *owner = owner_of(mem, f);

    finding_add_action(mem, out,
                       (struct finding_action){
                           .op = op,
                           .type = "CAA",
                           .name = host_field(mem, f->names->registered, owner),
                           .fqdn = owner,
                           .value = value,
                           .ttl = op == FINDING_REMOVE ? -1 : CHECK_RECORD_TTL,
                       });
}

/* Records that forbid every authority would contradict the one to add. */
static void remove_closed(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct dns_answer *answer = f->caa.answer;

    for (size_t i = 0; i < answer->record_count; i++)
        if (strcmp(answer->records[i].tag, f->caa.tag) == 0 &&
            strspn(answer->records[i].value, "; ") == strlen(answer->records[i].value))
            act(mem, f, FINDING_REMOVE, answer->records[i].text, out);
}

void rule_fill_caa(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct dns_answer *answer = f->caa.answer;

    for (size_t i = 0; i < answer->record_count; i++)
        finding_add_found(mem, out,
                          (struct finding_record){"CAA", answer->records[i].owner,
                                                  answer->records[i].text, answer->records[i].ttl});
    finding_add_evidence(mem, out,
                         (struct finding_evidence){f->context->resolver,
                                                   dns_rcode_name(answer->rcode),
                                                   remedy_answer_text(mem, answer), answer->ttl});
    if (f->caa.fault == CAA_UNSEEN || f->caa.fault == CAA_ACCOUNT_UNKNOWN)
        return;
    if (!is_own(f, owner_of(mem, f))) {
        remedy_fill_actions(mem, f, REMEDY_NO_CNAME, out);
        return;
    }
    if (f->caa.record)
        act(mem, f, FINDING_REMOVE, f->caa.record->text, out);
    else
        remove_closed(mem, f, out);
    if (f->caa.fault == CAA_CRITICAL)
        return;
    act(mem, f, FINDING_ADD, caa_value(mem, &f->caa, &f->context->caa), out);
    finding_add_expected(mem, out,
                         (struct finding_record){"CAA", owner_of(mem, f),
                                                 caa_value(mem, &f->caa, &f->context->caa), -1});
}
