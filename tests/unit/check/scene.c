/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include <assert.h>

#include "base/buf.h"

static const struct {
    char letter;
    const char *address;
} addresses[] = {
    {'O', "198.51.100.1"}, {'P', "198.51.100.2"}, {'F', "203.0.113.9"},   {'G', "203.0.113.10"},
    {'X', "10.0.0.1"},     {'o', "2001:db8::1"},  {'f', "2001:db8:f::9"}, {'g', "2001:db8:f::a"},
};

static const struct {
    char letter;
    enum dns_reply reply;
    int rcode;
} replies[] = {
    {'-', DNS_REPLY_NODATA, 0},   {'!', DNS_REPLY_NXDOMAIN, 3}, {'?', DNS_REPLY_TIMEOUT, -1},
    {'S', DNS_REPLY_SERVFAIL, 2}, {'B', DNS_REPLY_BOGUS, 2},    {'L', DNS_REPLY_LOOP, 2},
};

static const struct {
    char letter;
    enum probe_outcome outcome;
    int status;
    const char *location, *text;
} outcomes[] = {
    {'.', PROBE_OK, 200, NULL, NULL},
    {'r', PROBE_REFUSED, 0, NULL, "connection refused"},
    {'t', PROBE_TIMEOUT, 0, NULL, "no answer in time"},
    {'u', PROBE_UNREACHABLE, 0, NULL, "no route"},
    {'c', PROBE_CUT, 0, NULL, "no answer"},
    {'d', PROBE_REDIRECTED, 301, "login.example", "status 301 to login.example"},
    {'w', PROBE_WRONG_ANSWER, 404, NULL, "status 404"},
};

const char *scene_address(char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        if (addresses[i].letter == letter)
            return addresses[i].address;
    return NULL;
}

static bool take_reply(char letter, struct dns_answer *out)
{
    for (size_t i = 0; i < ARRAY_LEN(replies); i++)
        if (replies[i].letter == letter) {
            out->reply = replies[i].reply;
            out->rcode = replies[i].rcode;
            out->why_bogus = letter == 'B' ? "no keys have a DS" : NULL;
            return true;
        }
    return false;
}

static const char *take_chain(struct arena *mem, const char *text, struct dns_answer *out)
{
    struct dns_record *chain = arena_array_of(mem, 8, struct dns_record);
    const char *owner = out->query.name, *end;

    out->chain = chain;
    while ((end = strchr(text, '>'))) {
        const char *target = arena_strndup(mem, text, (size_t)(end - text));

        chain[out->chain_count++] = (struct dns_record){
            .type = DNS_TYPE_CNAME, .owner = owner, .ttl = 120, .text = target, .name = target};
        owner = target;
        text = end + 1;
    }
    return text;
}

static struct dns_answer answer_of(struct arena *mem, const char *name, enum dns_type type,
                                   const char *text)
{
    struct dns_answer answer = {.query = {name, type}, .ttl = 300};
    struct dns_record *records = arena_array_of(mem, 8, struct dns_record);

    for (text = take_chain(mem, text, &answer); *text; text++) {
        struct address address;
        struct err err;

        if (take_reply(*text, &answer))
            continue;
        if (!address_parse(scene_address(*text), &address, &err))
            assert(false);
        records[answer.record_count++] = (struct dns_record){
            .type = type,
            .owner = answer.chain_count ? answer.chain[answer.chain_count - 1].name : name,
            .ttl = 300,
            .text = scene_address(*text),
            .address = slice_of(arena_memdup(mem, address.octets, 16), address.is_v6 ? 16 : 4)};
    }
    answer.records = records;
    return answer;
}

static struct dns_answer challenge_of(struct arena *mem, const char *name, enum dns_type type,
                                      const char *text)
{
    struct dns_answer answer = {.query = {name, type}, .ttl = 300, .reply = DNS_REPLY_NODATA};
    struct dns_record *record = arena_new_of(mem, struct dns_record);

    if (!text || (strlen(text) == 1 && take_reply(*text, &answer)))
        return answer;
    *record = (struct dns_record){.type = type, .owner = name, .ttl = 300, .text = text};
    record->name = type == DNS_TYPE_CNAME ? text : NULL;
    record->value = type == DNS_TYPE_TXT ? text : NULL;
    answer.reply = DNS_REPLY_RECORDS;
    answer.records = record;
    answer.record_count = 1;
    return answer;
}

static void add_probe(char letter, const struct address *address, struct probe *out)
{
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        if (outcomes[i].letter == letter)
            *out = (struct probe){.address = *address,
                                  .outcome = outcomes[i].outcome,
                                  .status = outcomes[i].status,
                                  .location = outcomes[i].location,
                                  .text = outcomes[i].text,
                                  .took_ms = 1};
}

struct observation scene_observe(struct arena *mem, const char *name, struct scene_name scene,
                                 const struct check_expected *expected)
{
    const char *challenge = "_acme-challenge.shop.example";
    const char *doubled = "_acme-challenge.shop.example.shop.example";
    struct observation seen = {
        .name = name,
        .a = answer_of(mem, name, DNS_TYPE_A, scene.a),
        .aaaa = answer_of(mem, name, DNS_TYPE_AAAA, scene.aaaa),
        .delegated = challenge_of(mem, challenge, DNS_TYPE_CNAME, scene.cname),
        .challenge_text = challenge_of(mem, challenge, DNS_TYPE_TXT, scene.text),
        .doubled = challenge_of(mem, doubled, DNS_TYPE_CNAME, scene.doubled)};
    const struct dns_answer *answers[] = {&seen.a, &seen.aaaa};
    struct probe *probes = arena_array_of(mem, 16, struct probe);
    const char *letters = scene.probes ? scene.probes : "";

    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < answers[k]->record_count; i++) {
            struct slice octets = answers[k]->records[i].address;
            struct address address = {.is_v6 = octets.len == 16};

            memcpy(address.octets, octets.data, octets.len);
            if (!check_is_ours(expected, &address))
                continue;
            add_probe(*(*letters ? letters : "."), &address, &probes[seen.probe_count++]);
            letters += *letters != '\0';
        }
    seen.probes = probes;
    return seen;
}

static void add_finding(struct buf *out, const struct finding *f)
{
    buf_printf(out, " %s(%s)", finding_code_name(f->code), f->subject);
    for (size_t i = 0; i < f->consequence_count; i++)
        buf_printf(out, "[%s(%s) \"%s\"]", finding_code_name(f->consequences[i].code),
                   f->consequences[i].subject, f->consequences[i].title);
}

const char *scene_report(struct arena *mem, const struct check_report *report)
{
    struct buf out = buf_new(mem, 8192);

    buf_printf(&out, "%s;", check_outcome_name(report->outcome));
    for (size_t i = 0; i < report->name_count; i++)
        buf_printf(&out, " %s", dns_verdict_name(report->names[i].verdict));
    buf_printf(&out, "; %s;", report->title);
    for (size_t i = 0; i < report->finding_count; i++)
        add_finding(&out, &report->findings[i]);
    buf_str(&out, ";");
    for (size_t i = 0; i < report->record_count; i++)
        buf_printf(&out, "%s %s %s %s %s", i ? "," : "", finding_op_name(report->records[i].op),
                   report->records[i].type, report->records[i].name, report->records[i].value);
    return buf_cstr(&out);
}
