/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/show.h"

#include <assert.h>

#include "base/base.h"

#define INSTANT_LEN 19 /* "2026-11-24T05:19:21", without milliseconds and zone */

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static const char *instant(struct arena *mem, const json_t *object, const char *key)
{
    char *text = arena_printf(mem, "%.*s", INSTANT_LEN, text_of(object, key));

    if (strlen(text) > 10)
        text[10] = ' ';
    return text;
}

/* How many characters UTF-8 text shows; good enough for names and addresses. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

void cli_show_table(FILE *out, const char *const *rows, size_t count, size_t columns)
{
    size_t widths[CLI_COLUMNS_MAX] = {0};

    assert(columns <= CLI_COLUMNS_MAX);
    for (size_t i = 0; i < count * columns; i++) {
        size_t width = width_of(rows[i] ? rows[i] : "-");

        if (width > widths[i % columns])
            widths[i % columns] = width;
    }
    for (size_t i = 0; i < count * columns; i++) {
        const char *text = rows[i] ? rows[i] : "-";
        size_t column = i % columns;
        bool is_last = column + 1 == columns;

        fprintf(out, "%s%s%*s", column == 0 ? "  " : "", text,
                is_last ? 0 : (int)(widths[column] - width_of(text) + 2), "");
        if (is_last)
            fputc('\n', out);
    }
}

/* As the form of the DNS provider wants it, where that is known. */
static const char *typed(const json_t *record, const char *form_key, const char *key)
{
    return text_of(record, json_is_string(json_object_get(record, form_key)) ? form_key : key);
}

static const char *host_of(const json_t *record)
{
    const char *host = typed(record, "form_host", "name");

    return host && !*host ? "(empty)" : host;
}

void cli_show_records(FILE *out, struct arena *mem, const json_t *records)
{
    enum { OP, TYPE, NAME, HOST, VALUE, TTL, COLUMNS };
    static const char *const head[COLUMNS] = {"DO", "TYPE", "NAME", "HOST", "VALUE", "TTL"};
    size_t count = json_array_size(records) + 1;
    const char **rows = arena_array_of(mem, count * COLUMNS, const char *);

    if (count == 1)
        return;
    memcpy(rows, head, sizeof(head));
    for (size_t i = 1; i < count; i++) {
        const json_t *record = json_array_get(records, i - 1);
        const json_t *ttl = json_object_get(record, "ttl");
        const char **row = &rows[i * COLUMNS];

        row[OP] = text_of(record, "op");
        row[TYPE] = text_of(record, "type");
        row[NAME] = text_of(record, "fqdn");
        row[HOST] = host_of(record);
        row[VALUE] = typed(record, "form_value", "value");
        row[TTL] = json_is_integer(ttl)
                       ? arena_printf(mem, "%lld", (long long)json_integer_value(ttl))
                       : NULL;
    }
    fputs("\nRecords to set\n", out);
    cli_show_table(out, rows, count, COLUMNS);
}

static void show_names(FILE *out, struct arena *mem, const json_t *names)
{
    size_t count = json_array_size(names);
    const char **rows = arena_array_of(mem, count * 4 + 1, const char *);

    if (count == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const json_t *name = json_array_get(names, i);

        rows[i * 4] = text_of(name, "name");
        rows[i * 4 + 1] = text_of(name, "dns");
        rows[i * 4 + 2] = json_is_true(json_object_get(name, "secured")) ? "secured" : "";
        rows[i * 4 + 3] = text_of(json_object_get(name, "finding"), "title");
    }
    fputs("\nNames\n", out);
    cli_show_table(out, rows, count, 4);
}

static const char *certificate_text(struct arena *mem, const json_t *certificate)
{
    if (!json_is_object(certificate))
        return NULL;
    return arena_printf(mem, "%s, until %s, serial %s", text_of(certificate, "state"),
                        instant(mem, certificate, "not_after_at"), text_of(certificate, "serial"));
}

static const char *order_text(struct arena *mem, const json_t *status)
{
    const json_t *order = json_object_get(status, "order");
    const char *text;

    if (!json_is_object(order))
        return NULL;
    text = arena_printf(mem, "%s, %s, placed %s", text_of(order, "id"), text_of(order, "state"),
                        instant(mem, order, "placed_at"));
    if (!json_is_string(json_object_get(status, "lapses_at")))
        return text;
    return arena_printf(mem, "%s, ends %s unless somebody asks for a look", text,
                        instant(mem, status, "lapses_at"));
}

static const char *registration_text(struct arena *mem, const json_t *said)
{
    const json_t *state;
    const char *text;
    size_t i;

    if (!json_is_object(said))
        return NULL;
    if (!json_is_true(json_object_get(said, "is_registered")))
        return "its registry does not know it";
    text = json_is_string(json_object_get(said, "expires_at"))
               ? arena_printf(mem, "until %s", instant(mem, said, "expires_at"))
               : "there is one";
    json_array_foreach(json_object_get(said, "states"), i, state)
    {
        text = arena_printf(mem, "%s, %s", text, json_string_value(state));
    }
    return text;
}

static const char *term_text(struct arena *mem, const json_t *subscription)
{
    if (!json_is_object(subscription))
        return NULL;
    return arena_printf(mem, "%s, until %s, %s", text_of(subscription, "state"),
                        instant(mem, subscription, "term_end_at"),
                        json_is_true(json_object_get(subscription, "auto_renew"))
                            ? "renews by itself"
                            : "ends then");
}

static const char *edges_text(struct arena *mem, const json_t *edges)
{
    return arena_printf(mem, "%lld/%lld",
                        (long long)json_integer_value(json_object_get(edges, "proven")),
                        (long long)json_integer_value(json_object_get(edges, "counted")));
}

static const char *renewal_text(struct arena *mem, const json_t *renewal)
{
    const char *state = text_of(renewal, "state");

    if (!json_is_string(json_object_get(renewal, "at")))
        return state;
    return arena_printf(mem, "%s, %s", state, instant(mem, renewal, "at"));
}

void cli_show_status(FILE *out, struct arena *mem, const json_t *status)
{
    const char *rows[] = {
        "order",         order_text(mem, status),
        "subscription",  term_text(mem, json_object_get(status, "subscription")),
        "certificate",   certificate_text(mem, json_object_get(status, "certificate")),
        "renewal",       renewal_text(mem, json_object_get(status, "renewal")),
        "registration",  registration_text(mem, json_object_get(status, "registration")),
        "CDN locations", edges_text(mem, json_object_get(status, "edges")),
        "address",       text_of(status, "site_url"),
    };

    fprintf(out, "%s: %s\n", text_of(json_object_get(status, "domain"), "name"),
            text_of(json_object_get(status, "badge"), "text"));
    fprintf(out, "%s\n\n", text_of(status, "next"));
    cli_show_table(out, rows, ARRAY_LEN(rows) / 2, 2);
    show_names(out, mem, json_object_get(status, "names"));
    cli_show_records(out, mem, json_object_get(status, "records"));
}

void cli_show_event(FILE *out, const json_t *event)
{
    const char *at = text_of(event, "at");

    fprintf(out, "%.10s %.8s  %s\n", at, strlen(at) > INSTANT_LEN ? at + 11 : "",
            text_of(event, "text"));
}

static const char *behind_text(struct arena *mem, const json_t *behind)
{
    long long records = (long long)json_integer_value(json_object_get(behind, "records"));
    long long seconds = (long long)json_integer_value(json_object_get(behind, "seconds"));

    return records ? arena_printf(mem, "%lld records, %lld s", records, seconds) : NULL;
}

/* What there is to say of an edge that is not as it should be. */
static void show_edge_next(FILE *out, struct arena *mem, const json_t *edge)
{
    const char *tried = text_of(edge, "tried"), *trouble = text_of(edge, "trouble");

    if (strcmp(text_of(edge, "standing"), "counted") == 0 &&
        strcmp(text_of(edge, "condition"), "following") == 0)
        return;
    fprintf(out, "\n%s%s: %s\n", json_is_true(json_object_get(edge, "alarm")) ? "ALARM " : "",
            text_of(edge, "name"), text_of(edge, "next"));
    if (*trouble)
        fprintf(out, "  it says: %s\n", trouble);
    if (*tried && strcmp(text_of(edge, "condition"), "following") != 0)
        fprintf(out, "  tried %s: %s; again at %s\n", instant(mem, edge, "tried_at"), tried,
                instant(mem, edge, "next_at"));
}

void cli_show_edges(FILE *out, struct arena *mem, const json_t *edges)
{
    enum { NAME, ROTATION, CONDITION, SINCE, STANDING, BEHIND, COLUMNS };
    static const char *const head[COLUMNS] = {"EDGE",  "ROTATION", "CONDITION",
                                              "SINCE", "STANDING", "BEHIND"};
    size_t count = json_array_size(edges) + 1;
    const char **rows = arena_array_of(mem, count * COLUMNS, const char *);
    const json_t *edge;
    size_t i;

    memcpy(rows, head, sizeof(head));
    json_array_foreach(edges, i, edge)
    {
        const char **row = &rows[(i + 1) * COLUMNS];

        row[NAME] = text_of(edge, "name");
        row[ROTATION] = json_is_true(json_object_get(edge, "in_rotation")) ? "in" : "out";
        row[CONDITION] = text_of(edge, "condition");
        row[SINCE] = instant(mem, edge, "since");
        row[STANDING] = text_of(edge, "standing");
        row[BEHIND] = behind_text(mem, json_object_get(edge, "behind"));
    }
    cli_show_table(out, rows, count, COLUMNS);
    json_array_foreach(edges, i, edge) show_edge_next(out, mem, edge);
}

void cli_show_json(FILE *out, const json_t *json)
{
    json_dumpf(json, out, JSON_COMPACT);
    fputc('\n', out);
}
