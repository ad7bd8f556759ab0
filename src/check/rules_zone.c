/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/clock.h"
#include "check/rules.h"
#include "model/hostname.h"

#define TEXT_MAX 1024

static bool is_asked(const struct facts *f)
{
    return f->zone && f->index < f->zone->name_count;
}

/* What a server that has the zone says of the name; NULL: nothing. */
static const struct dns_answer *said(const struct facts *f, const struct zone_place *place,
                                     size_t family)
{
    const struct dns_told *told = family == FACTS_V4 ? &place->a[f->index] : &place->aaaa[f->index];

    if (zone_place_fault(place) != ZONE_NONE || told->failure != DNS_ASK_NONE)
        return NULL;
    return told->answer.reply == DNS_REPLY_SERVFAIL ? NULL : &told->answer;
}

/* Whether an answer leads here, and nowhere else. */
static bool leads_here(const struct facts *f, const struct dns_answer *answer)
{
    size_t ours = 0;

    for (size_t i = 0; i < answer->record_count; i++)
        ours += facts_is_ours(f, &answer->records[i]);
    if (answer->record_count > 0)
        return ours == answer->record_count;
    return answer->chain_count > 0 &&
           ((f->base && strcmp(answer->chain[0].name, f->base->name) == 0) ||
            (f->expected->cname && strcmp(answer->chain[0].name, f->expected->cname) == 0));
}

/* Two servers that say different things of the name; false when there are none. */
static bool find_pair(const struct facts *f, const struct zone_place **one,
                      const struct zone_place **other)
{
    for (size_t family = 0; is_asked(f) && family < 2; family++) {
        const struct zone_place *first = NULL;

        for (size_t i = 0; i < f->zone->place_count; i++) {
            const struct zone_place *place = &f->zone->places[i];

            if (!said(f, place, family))
                continue;
            if (!first)
                first = place;
            if (zone_is_same(said(f, first, family), said(f, place, family)))
                continue;
            *one = first;
            *other = place;
            return true;
        }
    }
    return false;
}

static uint32_t serial_of(const struct zone_place *place)
{
    return place->soa.answer.records[0].serial;
}

/* RFC 1982 section 3.2 */
static bool is_before(uint32_t a, uint32_t b)
{
    return a != b && (int32_t)(b - a) > 0;
}

static bool is_split(const struct facts *f, bool is_of_serials)
{
    const struct zone_place *one, *other;

    return find_pair(f, &one, &other) && (serial_of(one) != serial_of(other)) == is_of_serials;
}

static bool is_right_at(const struct facts *f, const struct zone_place *place)
{
    const struct dns_answer *a = said(f, place, FACTS_V4), *aaaa = said(f, place, FACTS_V6);
    bool has_foreign = (a && a->record_count > 0 && !leads_here(f, a)) ||
                       (aaaa && aaaa->record_count > 0 && !leads_here(f, aaaa));

    return !has_foreign && ((a && leads_here(f, a)) || (aaaa && leads_here(f, aaaa)));
}

static bool is_right_in_part(const struct facts *f)
{
    size_t right = 0, wrong = 0;

    for (size_t i = 0; i < f->zone->place_count; i++) {
        if (zone_place_fault(&f->zone->places[i]) != ZONE_NONE)
            continue;
        right += is_right_at(f, &f->zone->places[i]);
        wrong += !is_right_at(f, &f->zone->places[i]);
    }
    return right > 0 && wrong > 0;
}

bool rule_is_lagging(const struct facts *f)
{
    return is_split(f, true) && is_right_in_part(f);
}

bool rule_is_disagreeing(const struct facts *f)
{
    return is_split(f, false) && is_right_in_part(f);
}

/* Nobody can find one of them, and so the resolver had no answer. */
static bool are_nowhere(const struct facts *f)
{
    enum dns_reply reply = f->seen->a.reply;

    for (size_t i = 0; i < f->zone->server_count; i++)
        if (!f->zone->servers[i].is_nowhere)
            return false;
    return f->zone->server_count > 0 && (reply == DNS_REPLY_SERVFAIL || reply == DNS_REPLY_TIMEOUT);
}

/* Some answered, and none of them as one that has the zone: that is no trouble of the network. */
bool rule_is_unserved(const struct facts *f)
{
    bool has_spoken = false;

    if (!f->zone || facts_ours(f) + facts_foreign(f) > 0)
        return false;
    for (size_t i = 0; i < f->zone->place_count; i++) {
        enum zone_fault fault = zone_place_fault(&f->zone->places[i]);

        if (fault == ZONE_NONE)
            return false;
        has_spoken =
            has_spoken || fault == ZONE_REFUSED || fault == ZONE_FAILED || fault == ZONE_LAME;
    }
    return has_spoken || are_nowhere(f);
}

bool rule_is_old(const struct facts *f)
{
    return f->seen->old_until > 0;
}

static void add_place(struct buf *out, const struct facts *f, const struct zone_place *place)
{
    char text[ADDRESS_TEXT_SIZE];

    buf_printf(out, "%s (%s)", f->zone->servers[place->server].name,
               address_text(&place->address, text));
}

static const char *without_comma(struct arena *mem, struct buf *list)
{
    return arena_printf(mem, "%.*s", (int)buf_view(list).len - 2, buf_cstr(list));
}

void rule_tell_unserved(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    struct buf out = buf_new(mem, TEXT_MAX);

    for (size_t i = 0; i < f->zone->place_count; i++) {
        add_place(&out, f, &f->zone->places[i]);
        buf_printf(&out, " %s, ", zone_fault_text(zone_place_fault(&f->zone->places[i])));
    }
    for (size_t i = 0; i < f->zone->server_count; i++)
        if (f->zone->servers[i].is_nowhere)
            buf_printf(&out, "%s has no address%s, ", f->zone->servers[i].name,
                       hostname_is_within(f->zone->servers[i].name, f->zone->zone)
                           ? " at the registrar (glue record)"
                           : "");
    words->found = buf_ok(&out) ? without_comma(mem, &out) : "none of them";
    words->other = f->zone->zone;
}

static const char *what_it_says(struct arena *mem, const struct facts *f,
                                const struct zone_place *place)
{
    struct buf out = buf_new(mem, TEXT_MAX);

    for (size_t family = 0; family < 2; family++) {
        const struct dns_answer *answer = said(f, place, family);

        if (answer && answer->chain_count > 0)
            return arena_printf(mem, "CNAME %s", answer->chain[0].name);
        for (size_t i = 0; answer && i < answer->record_count; i++)
            buf_printf(&out, "%s%s %s", buf_view(&out).len > 0 ? ", " : "",
                       family == FACTS_V4 ? "A" : "AAAA", answer->records[i].text);
    }
    return buf_view(&out).len > 0 && buf_ok(&out) ? buf_cstr(&out) : "nothing";
}

void rule_tell_servers(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    const struct zone_place *newer, *older, *swap;
    struct buf out = buf_new(mem, TEXT_MAX), behind = buf_new(mem, TEXT_MAX);

    if (!find_pair(f, &newer, &older))
        return;
    if (is_before(serial_of(newer), serial_of(older))) {
        swap = newer;
        newer = older;
        older = swap;
    }
    add_place(&out, f, newer);
    buf_printf(&out, " says %s, ", what_it_says(mem, f, newer));
    add_place(&out, f, older);
    buf_printf(&out, " says %s", what_it_says(mem, f, older));
    words->found = buf_ok(&out) ? buf_cstr(&out) : "they say different things";
    add_place(&behind, f, older);
    words->other = buf_ok(&behind) ? buf_cstr(&behind) : "one of them";
    words->why = arena_printf(mem, "serial %u, not %u", serial_of(older), serial_of(newer));
}

void rule_tell_old(struct arena *mem, const struct facts *f, struct finding_words *words)
{
    char text[CLOCK_TEXT_SIZE];

    /* "2026-11-24T05:19:21.000Z" */
    words->why = arena_printf(mem, "%.5s UTC", clock_text(f->seen->old_until, text) + 11);
}
