/* SPDX-License-Identifier: Apache-2.0 */
#include "job/glance_said.h"

#include "base/hash.h"
#include "model/hostname.h"

#define DIGEST_OCTETS  8
#define FACT_OCTETS    4
#define FACT_TEXT      (2 * FACT_OCTETS) /* in hex */
#define RCODE_SERVFAIL 2

/* What was said, a line a fact, in order. */
struct said {
    struct arena *mem;
    const char **lines;
    size_t count, max;
};

static void add(struct said *said, const char *line)
{
    if (said->count < said->max)
        said->lines[said->count++] = line;
}

/* ---- facts ---- */

static bool is_said(const struct dns_told *told)
{
    return told->failure == DNS_ASK_NONE && told->answer.rcode >= 0 &&
           told->answer.rcode != RCODE_SERVFAIL && told->answer.reply != DNS_REPLY_TIMEOUT;
}

static void add_records(struct said *said, const char *question, const struct dns_record *records,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        add(said, arena_printf(said->mem, "%s %s", question, records[i].text));
}

static void add_answer(struct said *said, const char *question, const struct dns_answer *answer)
{
    add(said, arena_printf(said->mem, "%s %d %s", question, answer->rcode,
                           dns_reply_name(answer->reply)));
    if (answer->chain_count > 0)
        add(said, arena_printf(said->mem, "%s -> %s", question, answer->chain[0].name));
    add_records(said, question, answer->records, answer->record_count);
}

/* Who the zone's servers are, and where those of its own names are: not what one server of the
 * parent adds and another leaves out. */
static void add_referral(struct said *said, const char *zone, const struct dns_told *told)
{
    for (size_t i = 0; i < told->referral_count; i++)
        if (strcmp(told->referral[i].owner, zone) == 0)
            add(said, arena_printf(said->mem, "to %s", told->referral[i].name));
    for (size_t i = 0; i < told->glue_count; i++)
        if (hostname_is_within(told->glue[i].owner, zone))
            add(said, arena_printf(said->mem, "at %s %s", told->glue[i].owner, told->glue[i].text));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "www A", "@ CAA": beside the first of the names, else below the domain, and whichever question it
 * was. */
static const char *question_of(struct arena *mem, const struct visit *visit,
                               const struct dns_query *query)
{
    const char *own = visit->glance->names[0], *above = visit->glance->registered;
    const char *base = hostname_is_within(query->name, own) ? own : above;
    const char *mark = base == own ? "@" : "^", *type = dns_type_name(query->type);
    size_t len = strlen(query->name);

    if (!hostname_is_within(query->name, base))
        return arena_printf(mem, "%s %s", query->name, type);
    return arena_printf(mem, "%.*s%s %s", (int)(len - strlen(base)), query->name, mark, type);
}

/* False: the server did not say all, or too much. */
static bool read_all(const struct visit *visit, const struct dns_told *told, struct said *said)
{
    for (size_t i = 0; i < visit->count; i++) {
        const struct dns_query *query = &visit->queries[i];
        const char *question = question_of(said->mem, visit, query);

        if (!is_said(&told[i]))
            return false;
        add_answer(said, question, &told[i].answer);
        if (visit->key->kind == VISIT_PARENT && query->type == DNS_TYPE_NS)
            add_referral(said, visit->key->subject, &told[i]);
    }
    qsort(said->lines, said->count, sizeof(*said->lines), by_text);
    return said->count < said->max;
}

static const char *digest_of(struct arena *mem, const struct said *said)
{
    struct buf text = buf_new(said->mem, SAID_MAX);
    unsigned char hash[SHA256_SIZE];

    for (size_t i = 0; i < said->count; i++)
        buf_printf(&text, "%s\n", said->lines[i]);
    if (!buf_ok(&text))
        return NULL;
    hash_sha256(buf_view(&text), hash);
    return hex_encode(mem, slice_of(hash, DIGEST_OCTETS));
}

/* ---- what was said before ---- */

static const char *fact_of(struct arena *mem, const char *line)
{
    unsigned char hash[SHA256_SIZE];

    hash_sha256(slice_str(line), hash);
    return hex_encode(mem, slice_of(hash, FACT_OCTETS));
}

static bool has_fact(const char *facts, const char *fact)
{
    for (; strlen(facts) >= FACT_TEXT; facts += FACT_TEXT)
        if (strncmp(facts, fact, FACT_TEXT) == 0)
            return true;
    return false;
}

/* What is new goes to the front; the oldest are left out. */
static void remember(struct arena *mem, struct glance *glance, const struct said *said)
{
    struct buf fresh = buf_new(said->mem, (size_t)GLANCE_FACTS_MAX * FACT_TEXT);
    size_t room;

    for (size_t i = 0; i < said->count; i++) {
        const char *fact = fact_of(said->mem, said->lines[i]);

        if (has_fact(glance->facts_after, fact))
            continue;
        glance->is_novel = true;
        if (fresh.len + FACT_TEXT <= (size_t)GLANCE_FACTS_MAX * FACT_TEXT)
            buf_str(&fresh, fact);
    }
    if (fresh.len == 0)
        return;
    room = (size_t)GLANCE_FACTS_MAX * FACT_TEXT - fresh.len;
    glance->facts_after =
        arena_printf(mem, "%s%.*s", buf_cstr(&fresh), (int)room, glance->facts_after);
}

/* ---- what comes of it ---- */

const char *glance_dump(struct arena *mem, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    const char *copy = arena_strdup(mem, text);

    free(text);
    return copy;
}

static const char *put(struct arena *mem, const char *servers, const char *key, const char *digest)
{
    json_auto_t *json = json_loads(servers, 0, NULL);

    json_object_set_new(json, key, json_string(digest));
    return glance_dump(mem, json);
}

static void settle(struct arena *mem, const struct visit *visit, const struct said *said,
                   const char *digest)
{
    struct glance *glance = visit->glance;
    json_auto_t *servers = json_loads(glance->seen, 0, NULL);
    const char *last = json_string_value(json_object_get(servers, visit->key->text));
    bool is_first = !last || !*last;

    if (!is_first && strcmp(last, digest) == 0)
        return;
    glance->seen = put(mem, glance->seen, visit->key->text, digest);
    if (is_first) {
        glance->is_new = true;
        glance->seen_first = put(mem, glance->seen_first, visit->key->text, digest);
        return;
    }
    glance->is_changed = true;
    remember(mem, glance, said);
}

/* All lines that `told` can make, and one more. */
static size_t lines_max(const struct visit *visit, const struct dns_told *told)
{
    size_t most = 1;

    for (size_t i = 0; i < visit->count; i++)
        most += 2 + told[i].answer.record_count + told[i].referral_count + told[i].glue_count;
    return most;
}

void glance_take(struct arena *mem, const struct visit *visit, const struct dns_told *told)
{
    AUTO(arena_freep) struct arena *sub = arena_new();
    struct said said = {.mem = sub, .max = lines_max(visit, told)};
    const char *digest;

    said.lines = arena_array_of(sub, said.max, const char *);
    if (read_all(visit, told, &said) && (digest = digest_of(mem, &said)))
        settle(mem, visit, &said, digest);
}
