/* SPDX-License-Identifier: Apache-2.0 */
#include "http/fields.h"

#include <assert.h>

static const char *const type_words[] = {
    [FIELD_TEXT] = "text",
    [FIELD_NUMBER] = "a whole number",
    [FIELD_BOOL] = "true or false",
    [FIELD_TEXTS] = "a list of texts",
};

/* A value as a person reads it in an error: cut, so that the reason behind it is not. */
#define SHOWN_MAX 80

static bool refuse_type(const struct http_field *field, struct err *err)
{
    return err_field(err, field->name, "must be %s", type_words[field->type]);
}

static bool check_text(const struct http_field *field, struct slice text, size_t min, size_t max,
                       struct err *err)
{
    if (text.len < min)
        return min == 1 ? err_field(err, field->name, "must not be empty")
                        : err_field(err, field->name, "has %zu octets, at least %zu are needed",
                                    text.len, min);
    if (text.len > max)
        return err_field(err, field->name, "has %zu octets, at most %zu are allowed", text.len,
                         max);
    if (!slice_is_utf8(text))
        return err_field(err, field->name, "is not UTF-8 or has a NUL");
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7f)
            return err_field(err, field->name, "has the control character 0x%02x",
                             (unsigned)text.data[i]);
    return true;
}

static bool take_text(const struct http_field *field, struct slice text, struct arena *mem,
                      struct http_value *out, struct err *err)
{
    if (!check_text(field, text, (size_t)field->min, (size_t)field->max, err))
        return false;
    *out = (struct http_value){.is_given = true,
                               .text = arena_strndup(mem, (const char *)text.data, text.len)};
    return true;
}

static bool take_number(const struct http_field *field, int64_t number, struct http_value *out,
                        struct err *err)
{
    if (number < field->min || number > field->max)
        return err_field(err, field->name, "is %lld, allowed is %lld to %lld", (long long)number,
                         (long long)field->min, (long long)field->max);
    *out = (struct http_value){.is_given = true, .number = number};
    return true;
}

static bool check_count(const struct http_field *field, size_t count, struct err *err)
{
    if ((int64_t)count < field->min || (int64_t)count > field->max)
        return err_field(err, field->name, "has %zu items, allowed is %lld to %lld", count,
                         (long long)field->min, (long long)field->max);
    return true;
}

static bool take_array(const struct http_field *field, const json_t *json, struct arena *mem,
                       struct http_value *out, struct err *err)
{
    struct http_value value = {.is_given = true, .count = json_array_size(json)};

    if (!json_is_array(json))
        return refuse_type(field, err);
    if (!check_count(field, value.count, err))
        return false;
    value.texts = arena_array_of(mem, value.count + 1, const char *);
    for (size_t i = 0; i < value.count; i++) {
        const json_t *item = json_array_get(json, i);

        if (!json_is_string(item))
            return refuse_type(field, err);
        if (!check_text(field, slice_of(json_string_value(item), json_string_length(item)), 1,
                        field->max_text, err))
            return false;
        value.texts[i] = arena_strdup(mem, json_string_value(item));
    }
    *out = value;
    return true;
}

static bool take_json(const struct http_field *field, const json_t *json, struct arena *mem,
                      struct http_value *out, struct err *err)
{
    if (json_is_null(json) && field->is_nullable) {
        *out = (struct http_value){.is_given = true, .is_null = true};
        return true;
    }
    switch (field->type) {
    case FIELD_TEXT:
        if (!json_is_string(json))
            return refuse_type(field, err);
        return take_text(field, slice_of(json_string_value(json), json_string_length(json)), mem,
                         out, err);
    case FIELD_NUMBER:
        if (!json_is_integer(json))
            return refuse_type(field, err);
        return take_number(field, json_integer_value(json), out, err);
    case FIELD_BOOL:
        if (!json_is_boolean(json))
            return refuse_type(field, err);
        *out = (struct http_value){.is_given = true, .is_true = json_is_true(json)};
        return true;
    case FIELD_TEXTS:
        return take_array(field, json, mem, out, err);
    }
    return false;
}

static bool split_list(const struct http_field *field, const char *list, struct arena *mem,
                       struct http_value *out, struct err *err)
{
    struct http_value value = {.is_given = true};

    value.texts = arena_array_of(mem, (size_t)field->max + 1, const char *);
    for (bool more = true; more; value.count++) {
        size_t len = strcspn(list, ",");

        if ((int64_t)value.count == field->max)
            return check_count(field, value.count + 1, err);
        if (!check_text(field, slice_of(list, len), 1, field->max_text, err))
            return false;
        value.texts[value.count] = arena_strndup(mem, list, len);
        more = list[len] == ',';
        list += len + more;
    }
    if (!check_count(field, value.count, err))
        return false;
    *out = value;
    return true;
}

static bool take_query(const struct http_field *field, const char *text, struct arena *mem,
                       struct http_value *out, struct err *err)
{
    int64_t number;

    switch (field->type) {
    case FIELD_TEXT:
        return take_text(field, slice_str(text), mem, out, err);
    case FIELD_NUMBER:
        if (!slice_i64(slice_str(text), INT64_MIN, INT64_MAX, &number))
            return refuse_type(field, err);
        return take_number(field, number, out, err);
    case FIELD_BOOL:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return refuse_type(field, err);
        *out = (struct http_value){.is_given = true, .is_true = text[0] == 't'};
        return true;
    case FIELD_TEXTS:
        return split_list(field, text, mem, out, err);
    }
    return false;
}

static const struct http_field *find(const struct http_field *fields, size_t count,
                                     const char *name, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    err_field(err, name, "there is no field \"%.*s\" here", SHOWN_MAX, name);
    return NULL;
}

static bool check_required(const struct http_field *fields, size_t count,
                           const struct http_value *values, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].is_required && !values[i].is_given)
            return err_field(err, fields[i].name, "is missing");
    return true;
}

bool http_json_fields(struct arena *mem, json_t *object, const struct http_field *fields,
                      size_t count, struct http_value *out, struct err *err)
{
    struct http_value values[HTTP_FIELDS_MAX] = {0};
    const char *name;
    json_t *value;

    assert(count <= HTTP_FIELDS_MAX);
    if (!json_is_object(object))
        return err_set(err, ERR_BAD_INPUT, "the body must be a JSON object");
    json_object_foreach(object, name, value)
    {
        const struct http_field *field = find(fields, count, name, err);

        if (!field)
            return false;
        if (!take_json(field, value, mem, &values[field - fields], err))
            return false;
    }
    if (!check_required(fields, count, values, err))
        return false;
    for (size_t i = 0; i < count; i++)
        out[i] = values[i];
    return true;
}

bool http_body_fields(const struct http_req *req, const struct http_field *fields, size_t count,
                      struct http_value *out, struct err *err)
{
    json_t *json;

    return http_body_json(req, &json, err) &&
           http_json_fields(req->mem, json, fields, count, out, err);
}

struct pairs {
    struct http_pair items[HTTP_QUERY_MAX];
    size_t count;
};

static bool take_pairs(struct arena *mem, const struct pairs *pairs,
                       const struct http_field *fields, size_t count, struct http_value *out,
                       struct err *err)
{
    struct http_value values[HTTP_FIELDS_MAX] = {0};

    assert(count <= HTTP_FIELDS_MAX);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct http_pair *pair = &pairs->items[i];
        const struct http_field *field = find(fields, count, pair->name, err);

        if (!field)
            return false;
        if (!take_query(field, pair->value, mem, &values[field - fields], err))
            return false;
    }
    if (!check_required(fields, count, values, err))
        return false;
    for (size_t i = 0; i < count; i++)
        out[i] = values[i];
    return true;
}

bool http_query_fields(const struct http_req *req, const struct http_field *fields, size_t count,
                       struct http_value *out, struct err *err)
{
    struct pairs pairs = {.count = req->uri.query_count};

    for (size_t i = 0; i < pairs.count; i++)
        pairs.items[i] = req->uri.query[i];
    return take_pairs(req->mem, &pairs, fields, count, out, err);
}

bool http_form_fields(const struct http_req *req, const struct http_field *fields, size_t count,
                      struct http_value *out, struct err *err)
{
    struct pairs pairs;

    if (!http_is_type(req, "application/x-www-form-urlencoded"))
        return err_set(err, ERR_BAD_TYPE, "a form must come as application/x-www-form-urlencoded");
    if (!uri_parse_pairs(req->mem, req->body, pairs.items, &pairs.count, err))
        return err_wrap(err, "the form");
    return take_pairs(req->mem, &pairs, fields, count, out, err);
}
