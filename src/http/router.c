/* SPDX-License-Identifier: Apache-2.0 */
#include "http/router.h"

#include <assert.h>

#include "base/buf.h"

static const char *const names[HTTP_METHOD_COUNT] = {
    [HTTP_GET] = "GET",     [HTTP_POST] = "POST",     [HTTP_PUT] = "PUT",
    [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
};

const char *http_method_name(enum http_method method)
{
    return method < HTTP_METHOD_COUNT ? names[method] : "other";
}

bool http_method_parse(const char *name, enum http_method *out, bool *is_head)
{
    *is_head = strcmp(name, "HEAD") == 0;
    if (*is_head)
        name = names[HTTP_GET];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum http_method)i;
            return true;
        }
    }
    return false;
}

/* Takes the next segment off a pattern that begins with '/'. */
static struct slice next_segment(const char **pattern)
{
    const char *start = *pattern + 1;
    size_t len = strcspn(start, "/");

    *pattern = start + len;
    return slice_of(start, len);
}

static bool is_param(struct slice segment)
{
    return segment.len > 2 && segment.data[0] == '{';
}

static bool match_path(const char *pattern, const struct uri *uri)
{
    size_t i = 0;

    for (; *pattern && i < uri->segment_count; i++) {
        struct slice want = next_segment(&pattern);

        if (is_param(want) ? uri->segments[i][0] == '\0' : !slice_eq_str(want, uri->segments[i]))
            return false;
    }
    return *pattern == '\0' && i == uri->segment_count;
}

static void take_params(struct arena *mem, const char *pattern, const struct uri *uri,
                        struct http_match *out)
{
    out->param_count = 0;
    for (size_t i = 0; *pattern; i++) {
        struct slice want = next_segment(&pattern);

        if (!is_param(want))
            continue;
        assert(out->param_count < HTTP_PARAMS_MAX);
        out->params[out->param_count++] = (struct http_pair){
            .name = arena_strndup(mem, (const char *)want.data + 1, want.len - 2),
            .value = uri->segments[i],
        };
    }
}

bool http_route_match(struct arena *mem, const struct http_table *table, enum http_method method,
                      const struct uri *uri, struct http_match *out, struct err *err)
{
    *out = (struct http_match){0};
    for (size_t i = 0; i < table->count; i++) {
        const struct http_route *route = &table->routes[i];

        if (!match_path(route->path, uri))
            continue;
        out->allowed |= 1u << route->method;
        if (route->method != method)
            continue;
        out->route = route;
        take_params(mem, route->path, uri, out);
        return true;
    }
    if (out->allowed)
        return err_set(err, ERR_BAD_METHOD, "this path does not have the method; it has %s",
                       http_allow(mem, out->allowed));
    out->route = method == HTTP_GET ? table->elsewhere : NULL;
    return out->route || err_set(err, ERR_NOT_FOUND, HTTP_NOTHING_THERE);
}

const char *http_allow(struct arena *mem, unsigned allowed)
{
    struct buf b = buf_new(mem, 64);

    for (enum http_method m = 0; m < HTTP_METHOD_COUNT; m++)
        if (allowed & (1u << m))
            buf_printf(&b, "%s%s", b.len ? ", " : "", m == HTTP_GET ? "GET, HEAD" : names[m]);
    return buf_cstr(&b);
}
