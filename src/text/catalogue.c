/* SPDX-License-Identifier: Apache-2.0 */
#include "text/catalogue.h"

#include <assert.h>
#include <stdarg.h>

#include "base/buf.h"

#define KEY_MAX   80
#define PAIRS_MAX 8
#define CUT       "\u2026"

struct catalogue {
    json_t *groups;
};

static bool check_group(const char *name, const json_t *group, struct err *err)
{
    const char *key;
    json_t *text;

    if (!json_is_object(group))
        return err_set(err, ERR_CONFIG, "messages: \"%s\" is not an object of texts", name);
    json_object_foreach(
        (json_t *)(uintptr_t)group, key,
        text) if (!json_is_string(text)) return err_set(err, ERR_CONFIG,
                                                        "messages: \"%s.%s\" is not a text", name,
                                                        key);
    return true;
}

static bool check(const json_t *groups, struct err *err)
{
    const char *name;
    json_t *group;

    if (!json_is_object(groups))
        return err_set(err, ERR_CONFIG, "messages: not an object");
    json_object_foreach((json_t *)(uintptr_t)groups, name,
                        group) if (!check_group(name, group, err)) return false;
    return true;
}

bool catalogue_new(struct slice json, struct catalogue **out, struct err *err)
{
    json_error_t where;
    json_t *groups = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, &where);
    struct catalogue *catalogue;

    if (!groups)
        return err_set(err, ERR_CONFIG, "messages: line %d: %s", where.line, where.text);
    if (!check(groups, err)) {
        json_decref(groups);
        return false;
    }
    catalogue = calloc(1, sizeof(*catalogue));
    if (!catalogue)
        abort();
    catalogue->groups = groups;
    *out = catalogue;
    return true;
}

void catalogue_free(struct catalogue *catalogue)
{
    if (!catalogue)
        return;
    json_decref(catalogue->groups);
    free(catalogue);
}

json_t *catalogue_json(const struct catalogue *catalogue)
{
    return catalogue->groups;
}

static const char *find(const struct catalogue *catalogue, const char *key)
{
    const char *dot = strchr(key, '.'), *text;
    char group[KEY_MAX];

    assert(dot && (size_t)(dot - key) < sizeof(group));
    memcpy(group, key, (size_t)(dot - key));
    group[dot - key] = '\0';
    text = json_string_value(json_object_get(json_object_get(catalogue->groups, group), dot + 1));
    assert(text);
    return text;
}

struct pair {
    const char *name, *value;
};

static const char *value_of(const struct pair *pairs, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq(slice_str(pairs[i].name), name))
            return pairs[i].value;
    assert(!"a text asks for a value that is not given");
    return "";
}

/* False when it was cut: nothing belongs behind it any more. */
static bool add(struct buf *out, struct slice piece)
{
    size_t room = CATALOGUE_TEXT_MAX - out->len;

    if (piece.len <= room) {
        buf_slice(out, piece);
        return true;
    }
    while (room > 0 && (piece.data[room] & 0xc0) == 0x80)
        room--;
    buf_add(out, piece.data, room);
    buf_str(out, CUT);
    return false;
}

static const char *fill(struct arena *mem, const char *text, const struct pair *pairs, size_t count)
{
    struct buf out = buf_new(mem, CATALOGUE_TEXT_MAX + strlen(CUT));
    const char *open, *close;

    while ((open = strchr(text, '{')) && (close = strchr(open, '}'))) {
        struct slice name = slice_of(open + 1, (size_t)(close - open - 1));

        if (!add(&out, slice_of(text, (size_t)(open - text))) ||
            !add(&out, slice_str(value_of(pairs, count, name))))
            return buf_cstr(&out);
        text = close + 1;
    }
    (void)add(&out, slice_str(text));
    return buf_cstr(&out);
}

const char *catalogue_text(struct arena *mem, const struct catalogue *catalogue, const char *key,
                           ...)
{
    struct pair pairs[PAIRS_MAX];
    size_t count = 0;
    const char *name;
    va_list ap;

    va_start(ap, key);
    while ((name = va_arg(ap, const char *))) {
        assert(count < PAIRS_MAX);
        pairs[count++] = (struct pair){name, va_arg(ap, const char *)};
    }
    va_end(ap);
    return fill(mem, find(catalogue, key), pairs, count);
}
