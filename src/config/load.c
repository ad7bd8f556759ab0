/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "base/slice.h"
#include "config/check.h"
#include "config/config.h"
#include "config/options.h"
#include "config/value.h"

#define FILE_MAX  (1 << 20) /* octets of a configuration file */
#define PLAIN_TAG "tag:yaml.org,2002:"

/* Where a value was set, for messages of later checks. */
struct place {
    struct place *next;
    const char *path;  /* "ca[0].directory" */
    const char *where; /* "latchkey.yaml:12" or "LATCHKEY_WEB_WORKERS" */
};

struct reading {
    struct arena *mem;
    struct config *cfg;
    const char *shown; /* the file's path as it was given */
    yaml_document_t *doc;
    struct place *places;
    struct err *err;
};

static const struct place *place_find(const struct reading *r, const char *path)
{
    for (const struct place *place = r->places; place; place = place->next)
        if (strcmp(place->path, path) == 0)
            return place;
    return NULL;
}

static const char *where_of(const struct reading *r, const yaml_node_t *node)
{
    return arena_printf(r->mem, "%s:%zu", r->shown, node->start_mark.line + 1);
}

PRINTF(4, 5)
static bool refuse(const struct reading *r, const yaml_node_t *node, const char *path,
                   const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return err_set(r->err, ERR_CONFIG, "%s: %s: %s", where_of(r, node), path, text);
}

static void place_add(struct reading *r, const char *path, const char *where)
{
    struct place *place = arena_new_of(r->mem, struct place);

    *place = (struct place){.next = r->places, .path = path, .where = where};
    r->places = place;
}

static bool place_new(struct reading *r, const yaml_node_t *node, const char *path)
{
    const struct place *before = place_find(r, path);

    if (before)
        return refuse(r, node, path, "is set twice, first at %s", before->where);
    place_add(r, path, where_of(r, node));
    return true;
}

static yaml_node_t *node_at(const struct reading *r, int index)
{
    return yaml_document_get_node(r->doc, index);
}

static size_t entry_count(const yaml_node_t *node)
{
    return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

/* `key:` with nothing behind it. */
static bool is_nothing(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.length == 0 &&
           node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool scalar_read(const struct reading *r, const yaml_node_t *node, const char *path,
                        const char **out)
{
    const char *text = (const char *)node->data.scalar.value;

    if (node->type != YAML_SCALAR_NODE)
        return refuse(r, node, path, "a single value is expected");
    if (strcmp((const char *)node->tag, PLAIN_TAG "str") != 0)
        return refuse(r, node, path, "a tag is not allowed");
    if (strlen(text) != node->data.scalar.length)
        return refuse(r, node, path, "holds the control character 0x00");
    *out = text;
    return true;
}

static bool list_read(struct reading *r, const struct option *option, const yaml_node_t *node,
                      const char *path, void *base)
{
    size_t count = entry_count(node);
    const char **items = arena_array_of(r->mem, count + 1, const char *);
    struct config_list *list = (void *)((char *)base + option->offset);

    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *entry = node_at(r, node->data.sequence.items.start[i]);
        const char *at = arena_printf(r->mem, "%s[%zu]", path, i);
        const char *text;
        struct err why = {0};

        if (!scalar_read(r, entry, at, &text))
            return false;
        if (!value_entry(r->mem, option, r->cfg->dir, text, &items[i], &why))
            return refuse(r, entry, at, "%s", why.text);
    }
    *list = (struct config_list){.items = items, .count = count};
    return true;
}

static bool rows_read(struct reading *r, const struct option *option, const yaml_node_t *node,
                      const char *path, void *base);

static bool option_read(struct reading *r, const struct option *option, const yaml_node_t *node,
                        const char *path, void *base)
{
    struct err why = {0};
    const char *text;

    if (option_is_scalar(option)) {
        if (!scalar_read(r, node, path, &text))
            return false;
        return value_set(r->mem, option, r->cfg->dir, text, base, &why) ||
               refuse(r, node, path, "%s", why.text);
    }
    if (is_nothing(node))
        return true;
    if (node->type != YAML_SEQUENCE_NODE)
        return refuse(r, node, path, "a list is expected");
    if (entry_count(node) > (size_t)option->max)
        return refuse(r, node, path, "has %zu entries, at most %lld are allowed", entry_count(node),
                      (long long)option->max);
    return option->type == OPTION_ROWS ? rows_read(r, option, node, path, base)
                                       : list_read(r, option, node, path, base);
}

/* The key of a pair, as the path under `prefix`; refused when it was there before. */
static bool key_read(struct reading *r, const yaml_node_pair_t *pair, const char *prefix,
                     const char **key, const char **path)
{
    const yaml_node_t *node = node_at(r, pair->key);

    if (!scalar_read(r, node, *prefix ? prefix : "a key", key))
        return false;
    *path = *prefix ? arena_printf(r->mem, "%s.%s", prefix, *key) : arena_strdup(r->mem, *key);
    return place_new(r, node, *path);
}

/* The options of one section, or of one row of a list, into the struct at `base`. */
static bool mapping_read(struct reading *r, const struct option_table *table, const char *section,
                         const char *prefix, const yaml_node_t *node, void *base)
{
    if (is_nothing(node))
        return true;
    if (node->type != YAML_MAPPING_NODE)
        return refuse(r, node, prefix, "keys and values are expected");
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const char *key, *path;
        const struct option *option;

        if (!key_read(r, pair, prefix, &key, &path))
            return false;
        option = option_find(table, section, key);
        if (!option)
            return refuse(r, node_at(r, pair->key), path, "there is no such option");
        if (!option_read(r, option, node_at(r, pair->value), path, base))
            return false;
    }
    return true;
}

/* Whether every option of the row that has no default was given. */
static bool row_is_whole(struct reading *r, const struct option_table *table, const char *prefix,
                         const yaml_node_t *node)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct option *option = &table->options[i];
        const char *path = arena_printf(r->mem, "%s.%s", prefix, option->key);

        if (option->type == OPTION_TEXT && option->min > 0 && !place_find(r, path))
            return refuse(r, node, path, "is required");
    }
    return true;
}

static bool rows_read(struct reading *r, const struct option *option, const yaml_node_t *node,
                      const char *path, void *base)
{
    size_t count = entry_count(node), size = option->rows->row_size;
    char *rows = arena_array(r->mem, count + 1, size);

    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *row = node_at(r, node->data.sequence.items.start[i]);
        const char *prefix = arena_printf(r->mem, "%s[%zu]", path, i);

        value_defaults(r->mem, option->rows, r->cfg->dir, rows + i * size);
        if (!mapping_read(r, option->rows, "", prefix, row, rows + i * size) ||
            !row_is_whole(r, option->rows, prefix, row))
            return false;
    }
    memcpy((char *)base + option->offset, &rows, sizeof(rows));
    memcpy((char *)base + option->count_offset, &count, sizeof(count));
    return true;
}

static bool is_section(const char *name)
{
    for (size_t i = 0; i < config_section_count; i++)
        if (*name && strcmp(config_sections[i].name, name) == 0)
            return true;
    return false;
}

static bool top_read(struct reading *r, const yaml_node_t *root)
{
    if (root->type != YAML_MAPPING_NODE)
        return refuse(r, root, "the file", "keys and values are expected");
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *value = node_at(r, pair->value);
        const struct option *option;
        const char *key, *path;

        if (!key_read(r, pair, "", &key, &path))
            return false;
        option = option_find(&config_options, "", key);
        if (!option && !is_section(key))
            return refuse(r, node_at(r, pair->key), path, "there is no such section or option");
        if (!(option ? option_read(r, option, value, path, r->cfg)
                     : mapping_read(r, &config_options, key, key, value, r->cfg)))
            return false;
    }
    return true;
}

static bool file_read(struct arena *mem, const char *path, struct slice *out, struct err *err)
{
    FILE *file = fopen(path, "re");
    char *text;
    size_t len;
    bool is_bad;

    if (!file)
        return err_errno(err, ERR_CONFIG, errno, "cannot open %s", path);
    text = arena_alloc(mem, FILE_MAX + 1);
    len = fread(text, 1, FILE_MAX + 1, file);
    is_bad = ferror(file) != 0;
    fclose(file);
    if (is_bad)
        return err_set(err, ERR_CONFIG, "cannot read %s", path);
    if (len > FILE_MAX)
        return err_set(err, ERR_CONFIG, "%s has more than %d octets", path, FILE_MAX);
    *out = slice_of(text, len);
    return true;
}

static bool syntax_refuse(const struct reading *r, const yaml_parser_t *parser)
{
    return err_set(r->err, ERR_CONFIG, "%s:%zu: %s", r->shown, parser->problem_mark.line + 1,
                   parser->problem ? parser->problem : "not YAML");
}

static bool document_read(struct reading *r, yaml_parser_t *parser)
{
    yaml_document_t doc;
    const yaml_node_t *root;
    bool pass;

    if (!yaml_parser_load(parser, &doc))
        return syntax_refuse(r, parser);
    r->doc = &doc;
    root = yaml_document_get_root_node(&doc);
    pass = !root || top_read(r, root);
    r->doc = NULL;
    yaml_document_delete(&doc);
    if (!pass || !root)
        return pass;
    if (!yaml_parser_load(parser, &doc))
        return syntax_refuse(r, parser);
    root = yaml_document_get_root_node(&doc);
    pass = !root || refuse(r, root, "the file", "a second document is not read");
    yaml_document_delete(&doc);
    return pass;
}

static bool yaml_read(struct reading *r, struct slice text)
{
    yaml_parser_t parser;
    bool pass;

    if (!yaml_parser_initialize(&parser))
        abort(); /* out of memory */
    yaml_parser_set_input_string(&parser, text.data, text.len);
    pass = document_read(r, &parser);
    yaml_parser_delete(&parser);
    return pass;
}

static bool environment_read(struct reading *r)
{
    for (size_t i = 0; i < config_options.count; i++) {
        const struct option *option = &config_options.options[i];
        const char *name = option_env(r->mem, option);
        const char *text = option_is_scalar(option) ? getenv(name) : NULL;
        struct err why = {0};

        if (!text)
            continue;
        if (!value_set(r->mem, option, r->cfg->dir, text, r->cfg, &why))
            return err_set(r->err, ERR_CONFIG, "%s: %s: %s", name, option_path(r->mem, option),
                           why.text);
        place_add(r, option_path(r->mem, option), name);
    }
    return true;
}

/* What a value becomes by its surroundings. */
/* The first, unless another one is marked. */
static void choose_default(struct reading *r)
{
    struct config *cfg = r->cfg;
    struct config_ca *cas;

    if (cfg->ca_count == 0 || config_ca_default(cfg))
        return;
    cas = arena_memdup(r->mem, cfg->ca, cfg->ca_count * sizeof(*cas));
    cas[0].is_default = true;
    cfg->ca = cas;
}

static void finish(struct reading *r)
{
    struct config *cfg = r->cfg;
    const char *file = cfg->store.url + strlen("sqlite:");

    if (strncmp(cfg->store.url, "sqlite:", strlen("sqlite:")) == 0 && *file != '/')
        cfg->store.url = arena_printf(r->mem, "sqlite:%s/%s", cfg->dir, file);
    if (strcmp(cfg->sandbox_ca.limits, "none") != 0 &&
        strcmp(cfg->sandbox_ca.limits, "letsencrypt") != 0 && *cfg->sandbox_ca.limits != '/')
        cfg->sandbox_ca.limits = arena_printf(r->mem, "%s/%s", cfg->dir, cfg->sandbox_ca.limits);
    if (!*cfg->edge.feed_url)
        cfg->edge.feed_url = cfg->web.public_url;
    choose_default(r);
}

/* Absolute file and folder; `path` NULL: the current folder. */
static bool locate(struct reading *r, const char *path)
{
    char *found = realpath(path ? path : ".", NULL);
    char *slash;

    if (!found)
        return err_errno(r->err, ERR_CONFIG, errno, "cannot open %s", path ? path : ".");
    r->cfg->dir = arena_strdup(r->mem, found);
    r->cfg->file = path ? r->cfg->dir : "";
    slash = strrchr(found, '/');
    if (path)
        r->cfg->dir = slash == found ? "/" : arena_strndup(r->mem, found, (size_t)(slash - found));
    free(found);
    return true;
}

static size_t last_mark(const char *path)
{
    size_t at = strlen(path) - 1;

    while (at > 0 && path[at] != '.' && path[at] != '[')
        at--;
    return at;
}

/* Where the option, or what it is part of, was set. */
static const char *where_set(const struct reading *r, const char *path)
{
    char *part = arena_strdup(r->mem, path);

    while (*part) {
        const struct place *place = place_find(r, part);

        if (place)
            return place->where;
        part[last_mark(part)] = '\0';
    }
    return "default";
}

static bool checked(struct reading *r)
{
    struct err why = {0};

    if (config_check(r->mem, r->cfg, &why))
        return true;
    return err_set(r->err, ERR_CONFIG, "%s: %s: %s", where_set(r, why.field), why.field, why.text);
}

bool config_load(struct arena *mem, const char *path, const struct config **out, struct err *err)
{
    struct reading r = {
        .mem = mem,
        .cfg = arena_new_of(mem, struct config),
        .shown = path ? path : "",
        .err = err,
    };
    struct slice text;

    if (!locate(&r, path))
        return false;
    value_defaults(mem, &config_options, r.cfg->dir, r.cfg);
    if (path && (!file_read(mem, path, &text, err) || !yaml_read(&r, text)))
        return false;
    if (!environment_read(&r))
        return false;
    finish(&r);
    if (!checked(&r))
        return false;
    *out = r.cfg;
    return true;
}
