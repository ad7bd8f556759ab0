/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include <assert.h>
#include <string.h>

#include "base/name_table.h"
#include "base/slice.h"

#define ENTRY_MAX 1024

static void *field(const struct option *option, void *base)
{
    return (char *)base + option->offset;
}

static const void *field_of(const struct option *option, const void *base)
{
    return (const char *)base + option->offset;
}

static bool text_check(const struct option *option, int64_t min, int64_t max, const char *text,
                       struct err *err)
{
    int64_t len = (int64_t)strlen(text);

    if (len < min)
        return err_set(err, ERR_CONFIG, "is required");
    if (len > max)
        return err_set(err, ERR_CONFIG, "has %lld octets, at most %lld are allowed", (long long)len,
                       (long long)max);
    if (!slice_is_utf8(slice_str(text)))
        return err_set(err, ERR_CONFIG, "is not UTF-8");
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return err_set(err, ERR_CONFIG, "holds the control character 0x%02x",
                           (unsigned)(unsigned char)*at);
    return !*text || !option->format || option->format(text, err);
}

static const char *absolute(struct arena *mem, const char *dir, const char *path)
{
    if (!*path || *path == '/')
        return arena_strdup(mem, path);
    return arena_printf(mem, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, path);
}

static bool number_set(const struct option *option, const char *text, void *base, struct err *err)
{
    int64_t value;

    if (!slice_i64(slice_str(text), option->min, option->max, &value))
        return err_set(err, ERR_CONFIG, "\"%s\" is not a number from %lld to %lld", text,
                       (long long)option->min, (long long)option->max);
    *(int64_t *)field(option, base) = value;
    return true;
}

static bool flag_set(const struct option *option, const char *text, void *base, struct err *err)
{
    bool value = strcmp(text, "true") == 0;

    if (!value && strcmp(text, "false") != 0)
        return err_set(err, ERR_CONFIG, "\"%s\" is neither true nor false", text);
    *(bool *)field(option, base) = value;
    return true;
}

static const char *choices_text(struct arena *mem, const struct option *option)
{
    const char *text = option->choices[0];

    for (size_t i = 1; option->choices[i]; i++)
        text = arena_printf(mem, "%s, %s", text, option->choices[i]);
    return text;
}

static bool choice_set(struct arena *mem, const struct option *option, const char *text, void *base,
                       struct err *err)
{
    for (int i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            memcpy(field(option, base), &i, sizeof(i));
            return true;
        }
    }
    return err_set(err, ERR_CONFIG, "\"%s\" is not one of %s", text, choices_text(mem, option));
}

bool value_set(struct arena *mem, const struct option *option, const char *dir, const char *text,
               void *base, struct err *err)
{
    switch (option->type) {
    case OPTION_TEXT:
    case OPTION_PATH:
        if (!text_check(option, option->min, option->max, text, err))
            return false;
        *(const char **)field(option, base) =
            option->type == OPTION_PATH ? absolute(mem, dir, text) : arena_strdup(mem, text);
        return true;
    case OPTION_NUMBER:
        return number_set(option, text, base, err);
    case OPTION_FLAG:
        return flag_set(option, text, base, err);
    case OPTION_CHOICE:
        return choice_set(mem, option, text, base, err);
    case OPTION_TEXTS:
    case OPTION_PATHS:
    case OPTION_ROWS:
        break;
    }
    return err_set(err, ERR_CONFIG, "is a list");
}

bool value_entry(struct arena *mem, const struct option *option, const char *dir, const char *text,
                 const char **out, struct err *err)
{
    if (!text_check(option, 1, ENTRY_MAX, text, err))
        return false;
    *out = option->type == OPTION_PATHS ? absolute(mem, dir, text) : arena_strdup(mem, text);
    return true;
}

void value_defaults(struct arena *mem, const struct option_table *table, const char *dir,
                    void *base)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct option *option = &table->options[i];
        struct err err = {0};

        if (!option_is_scalar(option))
            continue;
        if (!*option->fallback && option->type == OPTION_TEXT)
            *(const char **)field(option, base) = "";
        else if (!value_set(mem, option, dir, option->fallback, base, &err))
            assert(!"a default that is not valid");
    }
}

const char *value_relative(const char *dir, const char *path)
{
    size_t len = strlen(dir);

    return strncmp(path, dir, len) == 0 && path[len] == '/' && path[len + 1] ? path + len + 1
                                                                             : path;
}

const char *value_text(struct arena *mem, const struct option *option, const char *dir,
                       const void *base)
{
    const void *at = field_of(option, base);
    int choice;

    switch (option->type) {
    case OPTION_TEXT:
        return *(const char *const *)at;
    case OPTION_PATH:
        return value_relative(dir, *(const char *const *)at);
    case OPTION_NUMBER:
        return arena_printf(mem, "%lld", (long long)*(const int64_t *)at);
    case OPTION_FLAG:
        return *(const bool *)at ? "true" : "false";
    case OPTION_CHOICE:
        memcpy(&choice, at, sizeof(choice));
        return option->choices[choice];
    case OPTION_TEXTS:
    case OPTION_PATHS:
    case OPTION_ROWS:
        break;
    }
    assert(!"not a scalar");
    return "";
}
