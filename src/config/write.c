/* SPDX-License-Identifier: Apache-2.0 */
#include "config/write.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "config/options.h"
#include "config/roff.h"
#include "config/value.h"

#define OUT_MAX (1 << 20)
#define MASK    "********"
#define WIDTH   78 /* columns of a comment in the sample */

/* A text as a double-quoted YAML scalar; what it holds was checked by value.c. */
static void quoted_add(struct buf *out, const char *text)
{
    buf_u8(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_u8(out, '\\');
        buf_u8(out, (uint8_t)*text);
    }
    buf_u8(out, '"');
}

static bool is_quoted(const struct option *option)
{
    return option->type == OPTION_TEXT || option->type == OPTION_PATH;
}

static void scalar_add(struct buf *out, const struct option *option, const char *text)
{
    if (is_quoted(option))
        quoted_add(out, text);
    else
        buf_str(out, text);
}

struct writer {
    struct arena *mem;
    struct buf *out;
    const char *dir;
};

static const struct config_list *list_of(const struct option *option, const void *base)
{
    return (const struct config_list *)(const void *)((const char *)base + option->offset);
}

static void list_add(const struct writer *w, const struct option *option, const void *base)
{
    const struct config_list *list = list_of(option, base);

    buf_str(w->out, "[");
    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->items[i];

        buf_str(w->out, i > 0 ? ", " : "");
        quoted_add(w->out, option->type == OPTION_PATHS ? value_relative(w->dir, text) : text);
    }
    buf_str(w->out, "]");
}

static size_t row_count(const struct option *option, const void *base)
{
    size_t count;

    memcpy(&count, (const char *)base + option->count_offset, sizeof(count));
    return count;
}

static void scalar_or_list_add(const struct writer *w, const struct option *option,
                               const void *base)
{
    if (!option_is_scalar(option))
        list_add(w, option, base);
    else if (option->is_secret)
        quoted_add(w->out, MASK);
    else
        scalar_add(w->out, option, value_text(w->mem, option, w->dir, base));
}

static void rows_add(const struct writer *w, const struct option *option, const void *base,
                     const char *indent)
{
    const char *rows;
    size_t count = row_count(option, base);

    memcpy(&rows, (const char *)base + option->offset, sizeof(rows));
    buf_str(w->out, count == 0 ? " []\n" : "\n");
    for (size_t i = 0; i < count; i++) {
        const char *row = rows + i * option->rows->row_size;

        for (size_t k = 0; k < option->rows->count; k++) {
            const struct option *cell = &option->rows->options[k];

            buf_printf(w->out, "%s%s%s: ", indent, k == 0 ? "  - " : "    ", cell->key);
            scalar_or_list_add(w, cell, row);
            buf_str(w->out, "\n");
        }
    }
}

static void section_add(const struct writer *w, const char *section, const struct config *cfg)
{
    const char *indent = *section ? "  " : "";

    if (*section)
        buf_printf(w->out, "%s:\n", section);
    for (size_t i = 0; i < config_options.count; i++) {
        const struct option *option = &config_options.options[i];

        if (strcmp(option->section, section) != 0)
            continue;
        buf_printf(w->out, "%s%s:", indent, option->key);
        if (option->type == OPTION_ROWS) {
            rows_add(w, option, cfg, indent);
            continue;
        }
        buf_str(w->out, " ");
        scalar_or_list_add(w, option, cfg);
        buf_str(w->out, "\n");
    }
}

const char *config_text(struct arena *mem, const struct config *cfg)
{
    struct buf out = buf_new(mem, OUT_MAX);
    struct writer w = {.mem = mem, .out = &out, .dir = cfg->dir};

    for (size_t i = 0; i < config_section_count; i++)
        section_add(&w, config_sections[i].name, cfg);
    assert(buf_ok(&out));
    return buf_cstr(&out);
}

/* A comment, filled to WIDTH. */
static void comment_add(struct buf *out, const char *indent, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t word = strcspn(text, " ");

        if (column == 0 || column + 1 + word > WIDTH) {
            buf_printf(out, "%s%s# ", column == 0 ? "" : "\n", indent);
            column = strlen(indent) + 2;
        } else {
            buf_str(out, " ");
            column++;
        }
        buf_add(out, text, word);
        column += word;
        text += word + (text[word] == ' ');
    }
    buf_str(out, "\n");
}

static void sample_rows_add(struct buf *out, const struct option *option, const char *indent)
{
    buf_printf(out, "%s# %s:\n", indent, option->key);
    for (size_t i = 0; i < option->rows->count; i++) {
        const struct option *cell = &option->rows->options[i];

        buf_printf(out, "%s#   %s %s: ", indent, i == 0 ? "-" : " ", cell->key);
        if (option_is_scalar(cell))
            scalar_add(out, cell, cell->fallback);
        else
            buf_str(out, "[]");
        buf_printf(out, " # %s\n", cell->help);
    }
}

static void sample_option_add(struct buf *out, const struct option *option)
{
    const char *indent = *option->section ? "  " : "";

    comment_add(out, indent, option->help);
    if (option->type == OPTION_ROWS) {
        sample_rows_add(out, option, indent);
    } else {
        buf_printf(out, "%s# %s: ", indent, option->key);
        if (option_is_scalar(option))
            scalar_add(out, option, option->fallback);
        else
            buf_str(out, "[]");
        buf_str(out, "\n");
    }
}

const char *config_sample(struct arena *mem)
{
    struct buf out = buf_new(mem, OUT_MAX);

    buf_str(&out, "# latchkey.yaml: every option and its default. See latchkey.yaml(5).\n");
    for (size_t i = 0; i < config_section_count; i++) {
        const char *section = config_sections[i].name;

        buf_str(&out, "\n");
        if (*section) {
            comment_add(&out, "", config_sections[i].help);
            buf_printf(&out, "%s:\n", section);
        }
        for (size_t k = 0; k < config_options.count; k++)
            if (strcmp(config_options.options[k].section, section) == 0)
                sample_option_add(&out, &config_options.options[k]);
    }
    assert(buf_ok(&out));
    return buf_cstr(&out);
}

static void man_kind_add(struct buf *out, const struct option *option)
{
    switch (option->type) {
    case OPTION_TEXT:
        buf_str(out, "text");
        break;
    case OPTION_PATH:
        buf_str(out, "path");
        break;
    case OPTION_NUMBER:
        buf_printf(out, "number, %lld to %lld", (long long)option->min, (long long)option->max);
        break;
    case OPTION_FLAG:
        buf_str(out, "true or false");
        break;
    case OPTION_CHOICE:
        buf_str(out, "one of");
        for (size_t i = 0; option->choices[i]; i++)
            buf_printf(out, "%s %s", i > 0 ? "," : "", option->choices[i]);
        break;
    case OPTION_TEXTS:
        buf_str(out, "list of texts");
        break;
    case OPTION_PATHS:
        buf_str(out, "list of paths");
        break;
    case OPTION_ROWS:
        buf_str(out, "list of");
        break;
    }
}

static void man_option_add(struct arena *mem, struct buf *out, const struct option *option,
                           const char *path)
{
    buf_str(out, ".TP\n.B ");
    roff_text(out, path);
    buf_str(out, "\n(");
    man_kind_add(out, option);
    if (option_is_scalar(option) && *option->fallback) {
        buf_str(out, "; default ");
        roff_text(out, option->fallback);
    } else if (option->type == OPTION_TEXT && option->min > 0) {
        buf_str(out, "; required");
    }
    buf_str(out, option->is_reloadable ? "; taken over on SIGHUP)\n" : ")\n");
    roff_text(out, option->help);
    buf_str(out, "\n");
    for (size_t i = 0; option->type == OPTION_ROWS && i < option->rows->count; i++) {
        const struct option *cell = &option->rows->options[i];

        man_option_add(mem, out, cell, arena_printf(mem, "%s[].%s", path, cell->key));
    }
}

const char *config_man(struct arena *mem)
{
    struct buf out = buf_new(mem, OUT_MAX);

    buf_str(&out, ".TH LATCHKEY.YAML 5 \"\" \"Latchkey " LATCHKEY_VERSION "\"\n"
                  ".SH NAME\nlatchkey.yaml \\- configuration of latchkey(1)\n"
                  ".SH DESCRIPTION\n"
                  "The file named by \\-\\-config, else ./var/latchkey.yaml, else\n"
                  "/etc/latchkey/latchkey.yaml. Every option has a default. A relative path is\n"
                  "taken from the folder of the file. The environment variable\n"
                  "LATCHKEY_SECTION_KEY overrides the single value section.key.\n"
                  "An unknown key is an error.\n");
    for (size_t i = 0; i < config_section_count; i++) {
        buf_str(&out, ".SH ");
        roff_text(&out, config_sections[i].help);
        buf_str(&out, "\n");
        for (size_t k = 0; k < config_options.count; k++) {
            const struct option *option = &config_options.options[k];

            if (strcmp(option->section, config_sections[i].name) == 0)
                man_option_add(mem, &out, option, option_path(mem, option));
        }
    }
    buf_str(&out, ".SH SEE ALSO\nlatchkey(1)\n");
    assert(buf_ok(&out));
    return buf_cstr(&out);
}
