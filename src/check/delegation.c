/* SPDX-License-Identifier: Apache-2.0 */
#include "check/delegation.h"

#include "check/host_field.h"
#include "check/remedy.h"

static bool is_wanted(const struct facts *f)
{
    return f->delegation && f->delegation->name;
}

static const struct dns_answer *answer_of(const struct facts *f)
{
    return &f->seen->delegated;
}

/* What the CNAME says; NULL: there is none. */
static const char *target_of(const struct facts *f)
{
    const struct dns_answer *answer = answer_of(f);

    return answer->reply == DNS_REPLY_RECORDS ? answer->records[0].name : NULL;
}

static bool is_right(const struct facts *f)
{
    const char *target = target_of(f);

    for (size_t i = 0; target && i < f->delegation->target_count; i++)
        if (strcmp(f->delegation->targets[i], target) == 0)
            return true;
    return false;
}

/* Nobody has set it: it is what a wildcard says of every name. */
static bool is_of_star(const struct facts *f)
{
    const struct dns_answer *star = &f->seen->star;

    return target_of(f) && star->chain_count > 0 && strcmp(star->chain[0].name, target_of(f)) == 0;
}

bool delegation_is_absent(const struct facts *f)
{
    return f->role == ROLE_WILDCARD && !is_wanted(f);
}

bool delegation_is_bogus(const struct facts *f)
{
    return is_wanted(f) && answer_of(f)->reply == DNS_REPLY_BOGUS;
}

bool delegation_is_unseen(const struct facts *f)
{
    enum dns_reply reply = answer_of(f)->reply;

    return is_wanted(f) &&
           (reply == DNS_REPLY_TIMEOUT || reply == DNS_REPLY_SERVFAIL || reply == DNS_REPLY_LOOP);
}

bool delegation_is_doubled(const struct facts *f)
{
    return is_wanted(f) && !target_of(f) && f->seen->doubled.reply == DNS_REPLY_RECORDS;
}

bool delegation_is_text(const struct facts *f)
{
    return is_wanted(f) && !target_of(f) && f->seen->challenge_text.reply == DNS_REPLY_RECORDS;
}

bool delegation_is_missing(const struct facts *f)
{
    return is_wanted(f) && !target_of(f);
}

/* "LABEL.ZONE" without the dot at its end became "LABEL.ZONE.shop.example". */
bool delegation_is_relative(const struct facts *f)
{
    const char *target = is_wanted(f) ? target_of(f) : NULL;

    for (size_t i = 0; target && i < f->delegation->target_count; i++) {
        size_t len = strlen(f->delegation->targets[i]);

        if (strncmp(target, f->delegation->targets[i], len) == 0 && target[len] == '.')
            return true;
    }
    return false;
}

/* One label below a zone of ours. */
bool delegation_is_old(const struct facts *f)
{
    const char *target = is_wanted(f) && !is_right(f) ? target_of(f) : NULL;
    const char *zone = target ? strchr(target, '.') : NULL;

    for (size_t i = 0; zone && i < f->delegation->target_count; i++)
        if (strcmp(strchr(f->delegation->targets[i], '.'), zone) == 0)
            return true;
    return false;
}

bool delegation_is_elsewhere(const struct facts *f)
{
    return is_wanted(f) && !is_right(f);
}

/* ---- words and lists ---- */

void delegation_tell(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    const char *target;

    if (!is_wanted(f))
        return;
    target = target_of(f);
    words->other = f->delegation->name;
    words->found = target ? arena_printf(mem, "CNAME %s", target) : NULL;
    if (is_of_star(f))
        words->found = arena_printf(mem, "%s of *.%s", words->found, f->names->registered);
    words->expected = arena_printf(mem, "CNAME %s", f->delegation->targets[0]);
    words->why = answer_of(f)->reply == DNS_REPLY_SERVFAIL ? dns_rcode_name(answer_of(f)->rcode)
                                                           : dns_reply_name(answer_of(f)->reply);
    if (delegation_is_bogus(f)) {
        words->why = answer_of(f)->why_bogus;
        words->expected = remedy_of_bogus(words->why);
    }
    if (delegation_is_doubled(f))
        words->found = f->seen->doubled.query.name;
}

static void add_found(struct arena *mem, const struct dns_answer *answer, struct finding *out)
{
    if (answer->reply != DNS_REPLY_RECORDS)
        return;
    for (size_t i = 0; i < answer->record_count; i++) {
        const struct dns_record *record = &answer->records[i];

        finding_add_found(mem, out,
                          (struct finding_record){dns_type_name(record->type), record->owner,
                                                  record->name ? record->name : record->value,
                                                  record->ttl});
    }
}

static void act(struct arena *mem, const struct facts *f, struct finding *out,
                struct finding_action action)
{
    action.name = host_field(mem, f->names->registered, action.fqdn);
    action.ttl = action.op == FINDING_REMOVE ? -1 : CHECK_RECORD_TTL;
    finding_add_action(mem, out, action);
}

static void remove_wrong(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct dns_answer *doubled = &f->seen->doubled, *text = &f->seen->challenge_text;

    if (doubled->reply == DNS_REPLY_RECORDS && !target_of(f))
        act(mem, f, out,
            (struct finding_action){.op = FINDING_REMOVE,
                                    .type = "CNAME",
                                    .fqdn = doubled->query.name,
                                    .value = doubled->records[0].name});
    for (size_t i = 0; !target_of(f) && text->reply == DNS_REPLY_RECORDS && i < text->record_count;
         i++)
        act(mem, f, out,
            (struct finding_action){.op = FINDING_REMOVE,
                                    .type = "TXT",
                                    .fqdn = f->delegation->name,
                                    .value = text->records[i].value});
}

void delegation_fill(struct arena *mem, const struct facts *f, struct finding *out)
{
    const struct dns_answer *answers[] = {answer_of(f), &f->seen->challenge_text,
                                          &f->seen->doubled};

    if (!is_wanted(f))
        return;
    finding_add_expected(
        mem, out,
        (struct finding_record){"CNAME", f->delegation->name, f->delegation->targets[0], -1});
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        add_found(mem, answers[i], out);
        remedy_add_evidence(mem, f, answers[i], out);
    }
    if (delegation_is_bogus(f) || delegation_is_unseen(f))
        return;
    remove_wrong(mem, f, out);
    act(mem, f, out,
        (struct finding_action){.op =
                                    target_of(f) && !is_of_star(f) ? FINDING_REPLACE : FINDING_ADD,
                                .type = "CNAME",
                                .fqdn = f->delegation->name,
                                .value = f->delegation->targets[0]});
}
