/* SPDX-License-Identifier: Apache-2.0 */
#include "http/uri.h"

#include "base/hash.h"

/* `plus` is what "+" stands for: itself in a path, a space in a query. */
static bool decode(struct arena *mem, struct slice in, char plus, const char **out, struct err *err)
{
    char *text = arena_alloc(mem, in.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < in.len; i++) {
        unsigned char c = in.data[i];

        if (c == '%') {
            int high = i + 2 < in.len ? hex_digit(in.data[i + 1]) : -1;
            int low = i + 2 < in.len ? hex_digit(in.data[i + 2]) : -1;

            if (high < 0 || low < 0)
                return err_set(err, ERR_BAD_REQUEST, "\"%%\" is not followed by two hex digits");
            c = (unsigned char)(high * 16 + low);
            i += 2;
        } else if (c == '+') {
            c = (unsigned char)plus;
        }
        text[len++] = (char)c;
    }
    if (!slice_is_utf8(slice_of(text, len)))
        return err_set(err, ERR_BAD_REQUEST, "the decoded text is not UTF-8 or has a NUL");
    *out = text;
    return true;
}

static struct slice take_until(struct slice *in, char stop)
{
    const unsigned char *end = in->len ? memchr(in->data, stop, in->len) : NULL;
    size_t len = end ? (size_t)(end - in->data) : in->len;
    struct slice head = slice_of(in->data, len);
    size_t skip = end ? len + 1 : len;

    *in = slice_of(in->data + skip, in->len - skip);
    return head;
}

static bool check_octets(const char *target, struct err *err)
{
    for (const char *p = target; *p; p++)
        if (*p <= 0x20 || *p >= 0x7f || *p == '#')
            return err_set(err, ERR_BAD_REQUEST, "octet 0x%02x is not allowed in a URI",
                           (unsigned)(unsigned char)*p);
    return true;
}

static bool parse_path(struct arena *mem, struct slice path, struct uri *out, struct err *err)
{
    struct slice rest = slice_of(path.data + 1, path.len - 1);
    bool more = true;

    while (more) {
        more = memchr(rest.data, '/', rest.len) != NULL;
        struct slice segment = take_until(&rest, '/');

        if (out->segment_count == HTTP_SEGMENTS_MAX)
            return err_set(err, ERR_NOT_FOUND, "a path of more than %d segments",
                           HTTP_SEGMENTS_MAX);
        if (segment.len == 0 && more)
            return err_set(err, ERR_BAD_REQUEST, "the path has an empty segment");
        if (slice_eq_str(segment, ".") || slice_eq_str(segment, ".."))
            return err_set(err, ERR_BAD_REQUEST, "the path has a dot segment");
        if (!decode(mem, segment, '+', &out->segments[out->segment_count], err))
            return err_wrap(err, "the path");
        out->segment_count++;
    }
    return true;
}

static bool has_name(const struct http_pair *pairs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return true;
    return false;
}

bool uri_parse_pairs(struct arena *mem, struct slice text, struct http_pair *out, size_t *count,
                     struct err *err)
{
    size_t n = 0;

    while (text.len > 0) {
        struct slice pair = take_until(&text, '&');
        struct slice name = take_until(&pair, '=');

        if (n == HTTP_QUERY_MAX)
            return err_set(err, ERR_BAD_REQUEST, "more than %d parameters", HTTP_QUERY_MAX);
        if (name.len == 0)
            return err_set(err, ERR_BAD_REQUEST, "a parameter without a name");
        if (!decode(mem, name, ' ', &out[n].name, err) ||
            !decode(mem, pair, ' ', &out[n].value, err))
            return false;
        if (has_name(out, n, out[n].name))
            return err_set(err, ERR_BAD_REQUEST, "the parameter \"%s\" is there twice",
                           out[n].name);
        n++;
    }
    *count = n;
    return true;
}

bool uri_parse(struct arena *mem, const char *target, struct uri *out, struct err *err)
{
    struct slice rest = slice_str(target), path;
    struct uri uri = {0};

    if (rest.len > HTTP_URI_MAX)
        return err_set(err, ERR_URI_TOO_LONG, "a URI of %zu octets, at most %d are allowed",
                       rest.len, HTTP_URI_MAX);
    if (target[0] != '/')
        return err_set(err, ERR_BAD_REQUEST, "the URI does not begin with a slash");
    if (!check_octets(target, err))
        return false;
    uri.target = arena_strdup(mem, target);
    path = take_until(&rest, '?');
    uri.path = arena_strndup(mem, (const char *)path.data, path.len);
    if (!parse_path(mem, path, &uri, err))
        return false;
    if (!uri_parse_pairs(mem, rest, uri.query, &uri.query_count, err))
        return err_wrap(err, "the query");
    *out = uri;
    return true;
}
