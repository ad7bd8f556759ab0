/* SPDX-License-Identifier: Apache-2.0 */
#include "http/request.h"

#include <assert.h>
#include <strings.h>

static const char *find(const struct http_pair *pairs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return pairs[i].value;
    return NULL;
}

const char *http_param(const struct http_req *req, const char *name)
{
    const char *value = find(req->match.params, req->match.param_count, name);

    assert(value);
    return value;
}

const char *http_query(const struct http_req *req, const char *name)
{
    return find(req->uri.query, req->uri.query_count, name);
}

const char *http_req_header(const struct http_req *req, const char *name)
{
    for (size_t i = 0; i < req->header_count; i++)
        if (strcasecmp(req->headers[i].name, name) == 0)
            return req->headers[i].value;
    return NULL;
}

const char *http_bearer(const struct http_req *req)
{
    static const char scheme[] = "Bearer ";
    const char *value = http_req_header(req, "Authorization");

    if (!value || strncasecmp(value, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    value += sizeof(scheme) - 1;
    return value + strspn(value, " ");
}

bool http_is_type(const struct http_req *req, const char *type)
{
    const char *value = http_req_header(req, "Content-Type");
    size_t len = strlen(type);

    if (!value || strncasecmp(value, type, len) != 0)
        return false;
    value += len + strspn(value + len, " \t");
    return *value == '\0' || *value == ';';
}

/* How deep brackets nest outside strings; jansson recurses, and its own limit is far deeper. */
static size_t json_depth(struct slice text)
{
    size_t depth = 0, deepest = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

static void drop_json(void *json)
{
    json_decref(json);
}

bool http_json_parse(struct arena *mem, struct slice text, json_t **out, struct err *err)
{
    json_error_t at;
    json_t *json;

    if (text.len == 0)
        return err_set(err, ERR_BAD_REQUEST, "the JSON text is empty");
    if (json_depth(text) > HTTP_JSON_DEPTH_MAX)
        return err_set(err, ERR_BAD_REQUEST, "the JSON text nests deeper than %d levels",
                       HTTP_JSON_DEPTH_MAX);
    json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
                      &at);
    if (!json)
        return err_set(err, ERR_BAD_REQUEST, "not valid JSON at line %d, column %d: %s", at.line,
                       at.column, at.text);
    arena_defer(mem, drop_json, json);
    *out = json;
    return true;
}

bool http_body_json(const struct http_req *req, json_t **out, struct err *err)
{
    if (!http_is_type(req, "application/json"))
        return err_set(err, ERR_BAD_TYPE, "the Content-Type is not application/json");
    return http_json_parse(req->mem, req->body, out, err);
}
