/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/reader.h"

#include <stdarg.h>
#include <string.h>

#include "acme/client.h"
#include "acme/problem_parse.h"
#include "acme/text.h"
#include "base/clock.h"

void acme_read_fail(struct acme_reader *reader, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    if (reader->is_failed)
        return;
    reader->is_failed = true;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    err_set(reader->err, ERR_CA_PROTOCOL, "%s: %s", reader->object, text);
}

static void drop_json(void *json)
{
    json_decref(json);
}

const json_t *acme_read_object(struct acme_reader *reader, struct slice body)
{
    json_error_t why;
    json_t *json;

    if (body.len > ACME_JSON_SIZE_MAX) {
        acme_read_fail(reader, "%zu octets are more than %d", body.len, ACME_JSON_SIZE_MAX);
        return NULL;
    }
    json = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, &why);
    if (!json) {
        acme_read_fail(reader, "no JSON: %s", acme_text(reader->mem, why.text));
        return NULL;
    }
    arena_defer(reader->mem, drop_json, json);
    if (json_is_object(json))
        return json;
    acme_read_fail(reader, "no JSON object");
    return NULL;
}

const char *acme_read_text(struct acme_reader *reader, const json_t *json, const char *key,
                           size_t max)
{
    const json_t *value = json_object_get(json, key);
    size_t len = json_string_length(value); /* 0 for anything but a string */

    if (reader->is_failed)
        return NULL;
    if (!value)
        acme_read_fail(reader, "\"%s\" is missing", key);
    else if (len == 0 || len > max)
        acme_read_fail(reader, "\"%s\" is not a text of 1 to %zu octets", key, max);
    return reader->is_failed ? NULL : arena_strdup(reader->mem, json_string_value(value));
}

const char *acme_read_text_if_any(struct acme_reader *reader, const json_t *json, const char *key,
                                  size_t max)
{
    const json_t *value = json_object_get(json, key);

    if (!value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
        return NULL;
    return acme_read_text(reader, json, key, max);
}

/* `name` is what the error text calls it. */
static const char *read_url_value(struct acme_reader *reader, const json_t *value, const char *name)
{
    const char *url = json_string_value(value);

    if (reader->is_failed)
        return NULL;
    if (!url)
        acme_read_fail(reader, "\"%s\" is not a text", name);
    else if (!acme_url_is_allowed(url, reader->origin))
        acme_read_fail(reader, "\"%s\" is no https URL of at most %d characters: %.200s", name,
                       ACME_URL_MAX, acme_text(reader->mem, url));
    return reader->is_failed ? NULL : arena_strdup(reader->mem, url);
}

const char *acme_read_url_if_any(struct acme_reader *reader, const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);

    return value ? read_url_value(reader, value, key) : NULL;
}

const char *acme_read_url(struct acme_reader *reader, const json_t *json, const char *key)
{
    if (!json_object_get(json, key))
        acme_read_fail(reader, "\"%s\" is missing", key);
    return acme_read_url_if_any(reader, json, key);
}

const char *const *acme_read_texts(struct acme_reader *reader, const json_t *json, const char *key,
                                   size_t max, size_t *count)
{
    const json_t *list = json_object_get(json, key);
    const char **texts;

    *count = json_array_size(list); /* 0 for anything but a list */
    if (*count > max) {
        acme_read_fail(reader, "\"%s\" has more than %zu members", key, max);
        *count = 0;
    }
    texts = arena_array_of(reader->mem, *count + 1, const char *);
    for (size_t i = 0; i < *count; i++)
        texts[i] = acme_text(reader->mem, json_string_value(json_array_get(list, i)));
    return texts;
}

const char *const *acme_read_urls(struct acme_reader *reader, const json_t *json, const char *key,
                                  size_t max, size_t *count)
{
    const json_t *list = acme_read_array(reader, json, key, max, count);
    const char **urls = arena_array_of(reader->mem, *count + 1, const char *);

    for (size_t i = 0; i < *count; i++)
        urls[i] = read_url_value(reader, json_array_get(list, i), key);
    return urls;
}

bool acme_read_flag(struct acme_reader *reader, const json_t *json, const char *key)
{
    const json_t *value = json_object_get(json, key);

    if (value && !json_is_boolean(value))
        acme_read_fail(reader, "\"%s\" is neither true nor false", key);
    return json_is_true(value);
}

int64_t acme_read_time(struct acme_reader *reader, const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    struct err why;
    int64_t at = 0;

    if (json_object_get(json, key) && (!text || !clock_parse(text, &at, &why)))
        acme_read_fail(reader, "\"%s\" is not an RFC 3339 time: %.60s", key,
                       acme_text(reader->mem, text));
    return at;
}

const json_t *acme_read_array(struct acme_reader *reader, const json_t *json, const char *key,
                              size_t max, size_t *count)
{
    const json_t *list = json_object_get(json, key);

    *count = json_array_size(list);
    if (!json_is_array(list))
        acme_read_fail(reader, "\"%s\" is not a list", key);
    else if (*count > max)
        acme_read_fail(reader, "\"%s\" has %zu members, more than %zu", key, *count, max);
    if (!reader->is_failed)
        return list;
    *count = 0;
    return NULL;
}

int acme_read_word(struct acme_reader *reader, const json_t *json, const char *key,
                   const char *const names[], size_t count)
{
    const char *word = acme_read_text(reader, json, key, ACME_TEXT_MAX);

    for (size_t i = 0; word && i < count; i++)
        if (strcmp(word, names[i]) == 0)
            return (int)i;
    acme_read_fail(reader, "\"%s\" is unknown: %.60s", key, acme_text(reader->mem, word));
    return 0;
}

const struct acme_problem *acme_read_problem(struct acme_reader *reader, const json_t *json,
                                             const char *key)
{
    const json_t *value = json_object_get(json, key);
    struct acme_problem *problem;

    if (!json_is_object(value)) /* some servers send null */
        return NULL;
    problem = arena_new_of(reader->mem, struct acme_problem);
    acme_problem_parse(reader->mem, reader->origin, value, 0, ACME_IN_OBJECT, problem);
    return problem;
}
