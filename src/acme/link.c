/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/link.h"

#include <string.h>
#include <strings.h>

static void skip(struct slice *in, size_t len)
{
    *in = slice_of(in->data + len, in->len - len);
}

/* Moves over all that is in `set`; returns how much it was. */
static size_t skip_any(struct slice *in, const char *set)
{
    size_t len = 0;

    while (len < in->len && in->data[len] != '\0' && strchr(set, in->data[len]))
        len++;
    skip(in, len);
    return len;
}

/* Takes up to the first octet that is in `set`, or all. */
static struct slice take_until(struct slice *in, const char *set)
{
    size_t len = 0;

    while (len < in->len && in->data[len] != '\0' && !strchr(set, in->data[len]))
        len++;
    skip(in, len);
    return slice_of(in->data - len, len);
}

static struct slice take_value(struct slice *in)
{
    struct slice value;

    if (in->len == 0 || in->data[0] != '"')
        return take_until(in, ";, \t");
    skip(in, 1);
    value = take_until(in, "\"");
    if (in->len > 0)
        skip(in, 1);
    return value;
}

static bool is_word(struct slice s, const char *word)
{
    return s.len == strlen(word) && strncasecmp((const char *)s.data, word, s.len) == 0;
}

/* Whether one of the words of a rel value is this one. */
static bool has_word(struct slice words, const char *word)
{
    while (words.len > 0) {
        struct slice one;

        skip_any(&words, " \t");
        one = take_until(&words, " \t");
        if (one.len == 0)
            return false;
        if (is_word(one, word))
            return true;
    }
    return false;
}

/* The parameters behind a target, up to the comma or the end. */
static bool take_parameters(struct slice *in, const char *rel)
{
    bool is_it = false;

    while (skip_any(in, " \t"), in->len > 0 && in->data[0] == ';') {
        struct slice name, value = {0};

        skip(in, 1);
        skip_any(in, " \t");
        name = take_until(in, "=;, \t");
        if (in->len > 0 && in->data[0] == '=') {
            skip(in, 1);
            value = take_value(in);
        }
        if (is_word(name, "rel") && has_word(value, rel))
            is_it = true;
    }
    return is_it;
}

bool acme_link_next(struct slice *value, const char *rel, struct slice *target)
{
    struct slice url;

    for (;;) {
        skip_any(value, ", \t");
        if (value->len == 0 || value->data[0] != '<')
            return false;
        skip(value, 1);
        url = take_until(value, ">");
        if (value->len == 0)
            return false;
        skip(value, 1);
        if (take_parameters(value, rel)) {
            *target = url;
            return true;
        }
    }
}
