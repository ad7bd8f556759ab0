/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * fields: typed values out of a JSON object or a query string, by a table. One row per field,
 * values in the same order, so that an enum names both:
 *
 *     enum { F_NAME, F_AUTO_RENEW, F_COUNT };
 *     static const struct http_field fields[F_COUNT] = {
 *         [F_NAME] = {.name = "name", .type = FIELD_TEXT, .is_required = true, .max = 253},
 *         [F_AUTO_RENEW] = {.name = "auto_renew", .type = FIELD_BOOL},
 *     };
 *     struct http_value in[F_COUNT];
 *     if (!http_body_fields(req, fields, F_COUNT, in, err)) return false;
 *
 * Every complaint is ERR_BAD_INPUT with err->field set and says what was given: an unknown name, a
 * required one missing, a wrong type, too long, out of range. JSON null is a wrong type unless the
 * row is nullable. Text is UTF-8 without control characters.
 */
#include "http/request.h"

#define HTTP_FIELDS_MAX 32

enum http_field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_BOOL, FIELD_TEXTS };

struct http_field {
    const char *name;
    enum http_field_type type;
    bool is_required;
    bool is_nullable; /* null is taken as given and empty: {.is_given = true, .text = NULL} */
    int64_t min;      /* FIELD_TEXT: octets; FIELD_NUMBER: value; FIELD_TEXTS: items */
    int64_t max;      /* the same; never 0, but for FIELD_BOOL */
    size_t max_text;  /* FIELD_TEXTS: octets of each */
};

struct http_value {
    bool is_given;
    bool is_null;       /* given as null */
    const char *text;   /* FIELD_TEXT; NULL when not given */
    int64_t number;     /* FIELD_NUMBER */
    bool is_true;       /* FIELD_BOOL */
    const char **texts; /* FIELD_TEXTS */
    size_t count;
};

/* Of the JSON body, which must be an object. */
MUST_CHECK bool http_body_fields(const struct http_req *req, const struct http_field *fields,
                                 size_t count, struct http_value *out, struct err *err);
MUST_CHECK bool http_json_fields(struct arena *mem, json_t *object, const struct http_field *fields,
                                 size_t count, struct http_value *out, struct err *err);
/* Of the query: numbers are decimal, booleans "true" or "false"; FIELD_TEXTS is split at commas. */
MUST_CHECK bool http_query_fields(const struct http_req *req, const struct http_field *fields,
                                  size_t count, struct http_value *out, struct err *err);
/* Of the body of a page's form (application/x-www-form-urlencoded), by the same rules: a checkbox
 * has the value "true". */
MUST_CHECK bool http_form_fields(const struct http_req *req, const struct http_field *fields,
                                 size_t count, struct http_value *out, struct err *err);
