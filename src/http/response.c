/* SPDX-License-Identifier: Apache-2.0 */
#include "http/response.h"

#include <assert.h>
#include <strings.h>

#include "base/clock.h"

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            return false;
    return true;
}

static bool may_repeat(const char *name)
{
    return strcasecmp(name, "Link") == 0 || strcasecmp(name, "Set-Cookie") == 0;
}

static struct http_pair *find(struct http_res *res, const char *name)
{
    for (size_t i = 0; i < res->header_count; i++)
        if (strcasecmp(res->headers[i].name, name) == 0)
            return &res->headers[i];
    return NULL;
}

void http_res_header(struct http_res *res, const char *name, const char *value)
{
    struct http_pair *old = may_repeat(name) ? NULL : find(res, name);

    assert(is_printable(name) && is_printable(value));
    assert(old || res->header_count < HTTP_RES_HEADERS_MAX);
    if (!old)
        old = &res->headers[res->header_count++];
    *old = (struct http_pair){.name = name, .value = value};
}

const char *http_res_get(const struct http_res *res, const char *name)
{
    for (size_t i = 0; i < res->header_count; i++)
        if (strcasecmp(res->headers[i].name, name) == 0)
            return res->headers[i].value;
    return NULL;
}

bool http_reply_bytes(struct http_res *res, int status, const char *type, struct slice body)
{
    res->status = status;
    res->type = type;
    res->body = body;
    res->is_parked = false;
    return true;
}

bool http_reply_empty(struct http_res *res, int status)
{
    return http_reply_bytes(res, status, NULL, (struct slice){0});
}

static void freep(char **text)
{
    free(*text);
}

static void free_text(void *text)
{
    free(text);
}

bool http_reply_json_as(struct http_res *res, int status, const char *type, json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);

    assert(text);
    json_decref(body);
    arena_defer(res->mem, free_text, text);
    return http_reply_bytes(res, status, type, slice_str(text));
}

bool http_reply_json(struct http_res *res, int status, json_t *body)
{
    return http_reply_json_as(res, status, "application/json", body);
}

/* What the caller may read: the inner workings of a fault are for the operator's log. */
static const char *shown_detail(const struct err *err)
{
    return err_http(err->code) == 500
               ? "an internal error; the operator finds it under the request id"
               : err->text;
}

void http_res_retry_after(struct http_res *res, const struct err *err)
{
    int64_t wait_s = (err->retry_at - clock_now() + 999) / 1000;

    if (err->retry_at > 0)
        http_res_header(res, "Retry-After",
                        arena_printf(res->mem, "%lld", (long long)(wait_s < 1 ? 1 : wait_s)));
    else if (err_http(err->code) == 503)
        http_res_header(res, "Retry-After", "1");
}

static void add_problem_headers(struct http_res *res, const struct err *err)
{
    http_res_retry_after(res, err);
    if (err->code == ERR_UNAUTHENTICATED)
        http_res_header(res, "WWW-Authenticate", "Bearer");
    if (err->code == ERR_BAD_METHOD)
        http_res_header(res, "Allow", http_allow(res->mem, res->req->match.allowed));
}

json_t *http_json_text(const char *text)
{
    AUTO(freep) char *copy = NULL;

    if (!text)
        return json_null();
    if (slice_is_utf8(slice_str(text)))
        return json_string(text);
    copy = strdup(text);
    assert(copy);
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return json_string(copy);
}

static const char *title_of(struct arena *mem, enum err_code code)
{
    char *title = arena_strdup(mem, err_name(code));

    for (char *c = title; *c; c++)
        if (*c == '_')
            *c = ' ';
    return title;
}

bool http_reply_problem(struct http_res *res, const struct err *err)
{
    const char *code = err_name(err->code);
    char time[CLOCK_TEXT_SIZE];
    json_t *body = json_pack("{s:s, s:s, s:i, s:o, s:s, s:s, s:s}", "type",
                             arena_printf(res->mem, "/problems/%s", code), "title",
                             title_of(res->mem, err->code), "status", err_http(err->code), "detail",
                             http_json_text(shown_detail(err)), "instance", res->req->id, "code",
                             code, "who_acts", err_actor_name(err_actor(err->code)));

    assert(body);
    if (err->field[0])
        json_object_set_new(body, "field", http_json_text(err->field));
    if (err->retry_at > 0)
        json_object_set_new(body, "retry_at", json_string(clock_text(err->retry_at, time)));
    res->err = *err;
    add_problem_headers(res, err);
    return http_reply_json_as(res, err_http(err->code), "application/problem+json", body);
}

bool http_reply_unchanged(struct http_res *res, const char *tag)
{
    const char *quoted = arena_printf(res->mem, "\"%s\"", tag);
    const char *have = http_req_header(res->req, "If-None-Match");

    http_res_header(res, "ETag", quoted);
    http_res_header(res, "Cache-Control", "no-cache");
    return have && strstr(have, quoted) && http_reply_empty(res, 304);
}

bool http_cut(struct http_res *res, enum http_cut how)
{
    res->cut = how;
    if (!res->status)
        res->status = 503;
    return true;
}
