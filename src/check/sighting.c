/* SPDX-License-Identifier: Apache-2.0 */
#include "check/sighting.h"

#include <jansson.h>

struct lines {
    const char *items[SIGHTING_RECORDS_MAX];
    size_t count, left_out;
};

static void add(struct arena *mem, struct lines *lines, const char *first, const char *rest)
{
    if (lines->count == SIGHTING_RECORDS_MAX)
        lines->left_out++;
    else
        lines->items[lines->count++] = arena_printf(mem, "%s%.*s", first, SIGHTING_TEXT_MAX, rest);
}

/* What came of a look-up that has no records: that there are none is nothing to say. */
static void add_answer(struct arena *mem, struct lines *lines, const struct dns_answer *answer)
{
    const char *type = dns_type_name(answer->query.type);

    for (size_t i = 0; i < answer->record_count; i++)
        add(mem, lines, arena_printf(mem, "%s ", type), answer->records[i].text);
    if (answer->record_count == 0 && answer->reply != DNS_REPLY_NODATA &&
        answer->reply != DNS_REPLY_RECORDS)
        add(mem, lines, arena_printf(mem, "%s: ", type), dns_reply_name(answer->reply));
}

/* The records that count: of the name, else of the next one above that has some (RFC 8659). */
static void add_caa(struct arena *mem, struct lines *lines, const struct observation *seen)
{
    for (size_t i = 0; i < seen->caa_count; i++) {
        if (seen->caa[i].reply == DNS_REPLY_NODATA || seen->caa[i].reply == DNS_REPLY_NXDOMAIN)
            continue;
        add_answer(mem, lines, &seen->caa[i]);
        return;
    }
}

static void add_probes(struct arena *mem, struct lines *lines, const struct probe *probes,
                       size_t count)
{
    char address[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < count; i++) {
        const char *who = probes[i].who.text;

        add(mem, lines, arena_printf(mem, "%s: ", address_text(&probes[i].address, address)),
            who && probes[i].outcome != PROBE_OK
                ? arena_printf(mem, "%s, %s", probe_outcome_name(probes[i].outcome), who)
                : probe_outcome_name(probes[i].outcome));
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *to_json(struct lines *lines)
{
    json_t *list = json_array();

    qsort(lines->items, lines->count, sizeof(lines->items[0]), by_text);
    for (size_t i = 0; i < lines->count; i++)
        json_array_append_new(list, json_string(lines->items[i]));
    if (lines->left_out > 0)
        json_array_append_new(list, json_sprintf("and %zu more", lines->left_out));
    return list;
}

static json_t *records_of(struct arena *mem, const struct observation *seen)
{
    struct lines lines = {.count = 0};

    if (seen->a.chain_count > 0)
        add(mem, &lines, "CNAME ", seen->a.chain[0].name);
    add_answer(mem, &lines, &seen->a);
    add_answer(mem, &lines, &seen->aaaa);
    add_caa(mem, &lines, seen);
    if (seen->delegated.query.name)
        for (size_t i = 0; i < seen->delegated.record_count; i++)
            add(mem, &lines, "_acme-challenge CNAME ", seen->delegated.records[i].text);
    return to_json(&lines);
}

static json_t *answered_of(struct arena *mem, const struct observation *seen)
{
    struct lines lines = {.count = 0};

    add_probes(mem, &lines, seen->probes, seen->probe_count);
    add_probes(mem, &lines, seen->strangers, seen->stranger_count);
    return to_json(&lines);
}

const char *sighting_text(struct arena *mem, const struct observation *observation)
{
    json_auto_t *json = json_pack("{s:o, s:o}", "answered", answered_of(mem, observation),
                                  "records", records_of(mem, observation));
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    const char *copy = arena_strdup(mem, text);

    free(text);
    return copy;
}
