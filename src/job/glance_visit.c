/* SPDX-License-Identifier: Apache-2.0 */
#include "job/glance_visit.h"

#include "job/glance_said.h"

static const char *const words[VISIT_KIND_COUNT] = {
    [VISIT_RESOLVER] = "resolver", [VISIT_PARENT] = "parent", [VISIT_FAR] = "far"};

/* ---- keys ---- */

static enum visit_kind kind_of(const char *word)
{
    for (int kind = 0; kind < VISIT_KIND_COUNT; kind++)
        if (words[kind] && strcmp(words[kind], word) == 0)
            return (enum visit_kind)kind;
    return VISIT_ZONE;
}

bool visit_key_read(struct arena *mem, const char *text, struct visit_key *out, struct err *err)
{
    char *rest = NULL, *word = strtok_r(arena_strdup(mem, text), " ", &rest);
    struct visit_key key = {.kind = word ? kind_of(word) : VISIT_ZONE, .text = text};
    bool has_subject = key.kind == VISIT_PARENT || key.kind == VISIT_FAR;

    if (key.kind != VISIT_ZONE)
        word = strtok_r(NULL, " ", &rest);
    if (has_subject) {
        key.subject = word;
        word = strtok_r(NULL, " ", &rest);
    }
    for (; word && key.address_count < CHECK_OTHERS_MAX; word = strtok_r(NULL, " ", &rest))
        key.addresses[key.address_count++] = word;
    if (word || (key.address_count == 0) != (key.kind == VISIT_RESOLVER))
        return err_set(err, ERR_STORE, "\"%.100s\" is nobody to be asked in a glance", text);
    *out = key;
    return true;
}

/* ---- which questions ---- */

static void add_question(struct visit *visit, const char *name, enum dns_type type)
{
    visit->queries[visit->count++] = (struct dns_query){name, type};
}

static void add_names(struct arena *mem, struct visit *visit)
{
    const struct glance *glance = visit->glance;
    bool has_registered = false;

    for (size_t i = 0; i < glance->count; i++) {
        const char *name = glance->names[i];
        bool is_star = strncmp(name, "*.", 2) == 0;
        const char *base = is_star ? name + 2 : name;

        add_question(visit, name, DNS_TYPE_A);
        add_question(visit, name, DNS_TYPE_AAAA);
        add_question(visit, base, DNS_TYPE_CAA);
        add_question(visit, arena_printf(mem, "_acme-challenge.%s", base), DNS_TYPE_CNAME);
        has_registered = has_registered || strcmp(base, glance->registered) == 0;
    }
    if (!has_registered)
        add_question(visit, glance->registered, DNS_TYPE_CAA);
}

void visit_add_questions(struct arena *mem, struct visit *visit)
{
    switch (visit->key->kind) {
    case VISIT_ZONE:
    case VISIT_RESOLVER:
        add_names(mem, visit);
        return;
    case VISIT_PARENT:
        add_question(visit, visit->key->subject, DNS_TYPE_NS);
        add_question(visit, visit->key->subject, DNS_TYPE_DS);
        return;
    case VISIT_FAR:
        add_question(visit, visit->key->subject, DNS_TYPE_A);
        add_question(visit, visit->key->subject, DNS_TYPE_AAAA);
        return;
    case VISIT_KIND_COUNT:
        return;
    }
}

/* ---- which servers ---- */

static bool has_same_servers(const char *known, const json_t *servers)
{
    json_auto_t *had = json_loads(known, 0, NULL);
    const char *server;
    json_t *digest;

    if (!had || json_object_size(had) != json_object_size(servers))
        return false;
    json_object_foreach(had, server, digest) if (!json_object_get(servers, server)) return false;
    return true;
}

static void add_others(struct arena *mem, const char *word, const struct check_others *others,
                       json_t *servers)
{
    const char *key;
    char text[ADDRESS_TEXT_SIZE];

    if (others->count == 0)
        return;
    key = arena_printf(mem, "%s %s", word, others->subject);
    for (size_t i = 0; i < others->count; i++)
        key = arena_printf(mem, "%s %s", key, address_text(&others->addresses[i], text));
    json_object_set_new(servers, key, json_string(""));
}

const char *glance_servers(struct arena *mem, const struct check_report *report, const char *known)
{
    json_auto_t *servers = json_object();
    char text[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < report->server_count; i++)
        json_object_set_new(servers, address_text(&report->servers[i], text), json_string(""));
    if (report->server_count == 0)
        json_object_set_new(servers, words[VISIT_RESOLVER], json_string(""));
    add_others(mem, words[VISIT_PARENT], &report->parent, servers);
    add_others(mem, words[VISIT_FAR], &report->far, servers);
    return has_same_servers(known, servers) ? known : glance_dump(mem, servers);
}
