/* SPDX-License-Identifier: Apache-2.0 */

/* What a client of the API sends: the first line is a method and a target, the rest a body. The
 * target is taken apart and routed by the API's own table; query and body go through field tables.
 * Whatever was accepted keeps the promises of the headers. */
#include <assert.h>

#include "api/routes.h"
#include "http/fields.h"
#include "http/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT, NUMBER, FLAG, TEXTS, COUNT };
static const struct http_field fields[COUNT] = {
    [TEXT] = {.name = "name", .type = FIELD_TEXT, .min = 1, .max = 20, .is_nullable = true},
    [NUMBER] = {.name = "limit", .type = FIELD_NUMBER, .min = -5, .max = 200},
    [FLAG] = {.name = "https", .type = FIELD_BOOL},
    [TEXTS] = {.name = "scopes", .type = FIELD_TEXTS, .min = 1, .max = 3, .max_text = 8},
};

static void check_text(const char *text, size_t max)
{
    assert(strlen(text) <= max && slice_is_utf8(slice_str(text)));
    for (; *text; text++)
        assert((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_values(const struct http_value *in)
{
    if (in[TEXT].text)
        check_text(in[TEXT].text, 20);
    assert(!in[NUMBER].is_given || (in[NUMBER].number >= -5 && in[NUMBER].number <= 200));
    assert(!in[TEXTS].is_given || (in[TEXTS].count >= 1 && in[TEXTS].count <= 3));
    for (size_t i = 0; i < in[TEXTS].count; i++)
        check_text(in[TEXTS].texts[i], 8);
}

/* The error of any input can be shown: a problem document is JSON. */
static void check_problem(struct http_req *req, const struct err *err)
{
    struct http_res res = {.mem = req->mem, .req = req};
    json_t *json;
    struct err ignored;

    assert(err->code != ERR_NONE && *err->text);
    assert(http_reply_problem(&res, err));
    assert(http_json_parse(req->mem, res.body, &json, &ignored));
}

static bool read_target(struct http_req *req, const char *method, const char *target,
                        struct err *err)
{
    struct http_value in[COUNT];

    if (!http_method_parse(method, &req->method, &req->is_head))
        req->method = HTTP_METHOD_COUNT;
    if (!uri_parse(req->mem, target, &req->uri, err))
        return false;
    assert(req->uri.segment_count >= 1 && req->uri.segment_count <= HTTP_SEGMENTS_MAX);
    for (size_t i = 0; i < req->uri.segment_count; i++)
        assert(slice_is_utf8(slice_str(req->uri.segments[i])));
    if (!http_query_fields(req, fields, COUNT, in, err))
        return false;
    check_values(in);
    if (!http_route_match(req->mem, &api_routes, req->method, &req->uri, &req->match, err))
        return false;
    for (size_t i = 0; i < req->match.param_count; i++)
        assert(*req->match.params[i].value);
    return true;
}

static bool read_body(struct http_req *req, struct err *err)
{
    struct http_value in[COUNT];
    json_t *json;

    if (!http_json_parse(req->mem, req->body, &json, err) ||
        !http_json_fields(req->mem, json, fields, COUNT, in, err))
        return false;
    check_values(in);
    return true;
}

/* Up to the next `stop`, as a text without NUL; what is behind it stays in `in`. */
static const char *take(struct arena *mem, struct slice *in, char stop)
{
    const unsigned char *end = in->len ? memchr(in->data, stop, in->len) : NULL;
    size_t len = end ? (size_t)(end - in->data) : in->len;
    const char *text = arena_strndup(mem, in->len ? (const char *)in->data : "", len);

    *in = end ? slice_of(in->data + len + 1, in->len - len - 1) : (struct slice){0};
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct slice rest = slice_of(data, size);
    struct http_req req = {.mem = mem, .id = "req_fuzz"};
    const char *method = take(mem, &rest, ' ');
    const char *target = take(mem, &rest, '\n');
    struct err err = {0};

    if (!read_target(&req, method, target, &err))
        check_problem(&req, &err);
    req.body = rest;
    if (!read_body(&req, &err))
        check_problem(&req, &err);
    return 0;
}
