/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * list: the paging that all lists share: `?cursor=&limit=`, answered as
 * {"items": [...], "next_cursor": "..." or null}. A cursor is opaque to the caller (base64url of
 * the last id); limit is 1..PAGE_LIMIT_MAX, API_LIMIT unless given.
 */
#include "http/fields.h"
#include "http/response.h"
#include "store/page.h"

#define API_LIMIT      50
#define API_CURSOR_MAX 64

/* The first two rows of a list's query fields; Q_FIRST is the first of its own. */
enum { Q_CURSOR, Q_LIMIT, Q_FIRST };
#define API_PAGE_FIELDS                                                                            \
    [Q_CURSOR] = {.name = "cursor", .type = FIELD_TEXT, .min = 1, .max = API_CURSOR_MAX},          \
    [Q_LIMIT] = {.name = "limit", .type = FIELD_NUMBER, .min = 1, .max = PAGE_LIMIT_MAX}

/* A filter by id or name prefix. */
#define API_FILTER(field_name, octets)                                                             \
    {                                                                                              \
        .name = (field_name), .type = FIELD_TEXT, .min = 1, .max = (octets)                        \
    }

/* The query by `fields`, which begin with API_PAGE_FIELDS; ERR_BAD_INPUT, field "cursor", for one
 * that was not made here. */
MUST_CHECK bool api_read_list(const struct http_req *req, const struct http_field *fields,
                              size_t count, struct http_value *values, struct page *page,
                              struct err *err);

/* What the lists of things that belong to a domain and have a state are asked by. */
struct api_state_query {
    struct page page;
    const char *domain_id; /* NULL: any, as state */
    const char *state;     /* as the caller wrote it */
};

/* ?cursor=&limit=&domain_id=&state= */
MUST_CHECK bool api_read_state_list(const struct http_req *req, struct api_state_query *out,
                                    struct err *err);
/* ERR_BAD_INPUT, field "state": there is no such state of a `what`. Returns false. */
bool api_unknown_state(const char *what, const char *state, struct err *err);

/* Steals `items`. `last_id` is of the last item; NULL when there is no next page. */
bool api_reply_list(struct http_res *res, json_t *items, const char *last_id);
const char *api_cursor(struct arena *mem, const char *id);
