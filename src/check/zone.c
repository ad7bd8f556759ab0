/* SPDX-License-Identifier: Apache-2.0 */
#include "check/zone.h"

#define RCODE_REFUSED  5
#define RCODE_NXDOMAIN 3

#define X(id, text) [ZONE_##id] = text,
static const char *const texts[ZONE_FAULT_COUNT] = {ZONE_FAULTS(X)};
#undef X

const char *zone_fault_text(enum zone_fault fault)
{
    return texts[fault];
}

enum zone_fault zone_place_fault(const struct zone_place *place)
{
    static const enum zone_fault of_failures[DNS_ASK_FAILURE_COUNT] = {
        [DNS_ASK_TIMEOUT] = ZONE_SILENT,
        [DNS_ASK_CLOSED] = ZONE_CLOSED,
        [DNS_ASK_UNREACHABLE] = ZONE_UNSEEN,
        [DNS_ASK_BAD] = ZONE_FAILED,
    };
    const struct dns_told *soa = &place->soa;

    if (soa->failure != DNS_ASK_NONE)
        return of_failures[soa->failure];
    if (soa->answer.rcode == RCODE_REFUSED)
        return ZONE_REFUSED;
    if (soa->answer.rcode != 0 && soa->answer.rcode != RCODE_NXDOMAIN)
        return ZONE_FAILED;
    return soa->is_authoritative && soa->answer.reply == DNS_REPLY_RECORDS ? ZONE_NONE : ZONE_LAME;
}

static bool has(const struct dns_answer *answer, const struct dns_record *record)
{
    for (size_t i = 0; i < answer->record_count; i++)
        if (record->address.len > 0 ? slice_eq(answer->records[i].address, record->address)
                                    : strcmp(answer->records[i].text, record->text) == 0)
            return true;
    return false;
}

static bool has_same_records(const struct dns_answer *a, const struct dns_answer *b)
{
    if (a->record_count != b->record_count)
        return false;
    for (size_t i = 0; i < a->record_count; i++)
        if (!has(b, &a->records[i]))
            return false;
    return true;
}

bool zone_is_same(const struct dns_answer *a, const struct dns_answer *b)
{
    bool is_failed = a->reply == DNS_REPLY_SERVFAIL || b->reply == DNS_REPLY_SERVFAIL;

    if (is_failed || a->reply == DNS_REPLY_TIMEOUT || b->reply == DNS_REPLY_TIMEOUT)
        return a->reply == b->reply;
    if (a->chain_count == 0 || b->chain_count == 0)
        return a->chain_count == b->chain_count && has_same_records(a, b);
    /* What is behind a CNAME may be another server's to say: only some say it. */
    return strcmp(a->chain[0].name, b->chain[0].name) == 0 &&
           (a->record_count == 0 || b->record_count == 0 || has_same_records(a, b));
}

static const struct dns_told *told_of(const struct zone_place *place, size_t name,
                                      enum dns_type type)
{
    if (type == DNS_TYPE_CAA)
        return &place->caa[name];
    return type == DNS_TYPE_AAAA ? &place->aaaa[name] : &place->a[name];
}

const struct dns_answer *zone_says(const struct zone_seen *zone, size_t name, enum dns_type type)
{
    const struct dns_answer *said = NULL;

    for (size_t i = 0; i < zone->place_count; i++) {
        const struct zone_place *place = &zone->places[i];
        const struct dns_told *told = told_of(place, name, type);

        if (zone_place_fault(place) != ZONE_NONE)
            continue;
        if (told->failure != DNS_ASK_NONE || told->answer.reply == DNS_REPLY_SERVFAIL ||
            (said && !zone_is_same(said, &told->answer)))
            return NULL;
        said = &told->answer;
    }
    return said;
}
