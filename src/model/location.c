/* SPDX-License-Identifier: Apache-2.0 */
#include "model/location.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/slice.h"

#define ISO_CODES "/usr/share/iso-codes/json"

struct location_list {
    struct country *countries; /* by code */
    size_t country_count;
    struct country_state *states; /* by code */
    size_t state_count;
};

static void json_drop(json_t **doc)
{
    json_decref(*doc);
}

static int country_order(const void *a, const void *b)
{
    const struct country *left = a, *right = b;

    return strcmp(left->code, right->code);
}

/* As people look for it in a list. */
static int country_name_order(const void *a, const void *b)
{
    const struct country *left = a, *right = b;

    return strcmp(left->name, right->name);
}

static int state_order(const void *a, const void *b)
{
    const struct country_state *left = a, *right = b;

    return strcmp(left->code, right->code);
}

/* The rows of one iso-codes file; the document stays the caller's. */
static bool rows_read(const char *path, const char *key, json_t **doc, json_t **rows,
                      struct err *err)
{
    json_error_t why;

    *doc = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!*doc)
        return err_set(err, ERR_CONFIG, "cannot read %s (package iso-codes): %s", path, why.text);
    *rows = json_object_get(*doc, key);
    if (!json_is_array(*rows))
        return err_set(err, ERR_CONFIG, "%s has no list \"%s\"", path, key);
    return true;
}

static bool states_read(struct arena *mem, const char *folder, struct location_list *list,
                        struct err *err)
{
    AUTO(json_drop) json_t *doc = NULL;
    const char *path = arena_printf(mem, "%s/iso_3166-2.json", folder);
    json_t *rows, *row;
    size_t i;

    if (!rows_read(path, "3166-2", &doc, &rows, err))
        return false;
    list->states = arena_array_of(mem, json_array_size(rows), struct country_state);
    json_array_foreach(rows, i, row)
    {
        const char *code, *name;

        if (json_unpack(row, "{s:s,s:s}", "code", &code, "name", &name) != 0 || strlen(code) < 4)
            return err_set(err, ERR_CONFIG, "%s: row %zu has no code and name", path, i);
        list->states[list->state_count++] = (struct country_state){
            .code = arena_strdup(mem, code),
            .name = arena_strdup(mem, name),
        };
    }
    qsort(list->states, list->state_count, sizeof(*list->states), state_order);
    return true;
}

static bool countries_read(struct arena *mem, const char *folder, struct location_list *list,
                           struct err *err)
{
    AUTO(json_drop) json_t *doc = NULL;
    const char *path = arena_printf(mem, "%s/iso_3166-1.json", folder);
    json_t *rows, *row;
    size_t i;

    if (!rows_read(path, "3166-1", &doc, &rows, err))
        return false;
    list->countries = arena_array_of(mem, json_array_size(rows), struct country);
    json_array_foreach(rows, i, row)
    {
        const char *code, *name;

        if (json_unpack(row, "{s:s,s:s}", "alpha_2", &code, "name", &name) != 0 ||
            strlen(code) != 2)
            return err_set(err, ERR_CONFIG, "%s: row %zu has no alpha_2 and name", path, i);
        list->countries[list->country_count++] = (struct country){
            .code = arena_strdup(mem, code),
            .name = arena_strdup(mem, name),
        };
    }
    qsort(list->countries, list->country_count, sizeof(*list->countries), country_order);
    return true;
}

bool location_list_load(struct arena *mem, const char *folder, const struct location_list **out,
                        struct err *err)
{
    struct location_list *list = arena_new_of(mem, struct location_list);

    if (!folder)
        folder = ISO_CODES;
    if (!countries_read(mem, folder, list, err) || !states_read(mem, folder, list, err))
        return false;
    for (size_t c = 0, s = 0; c < list->country_count; c++) {
        struct country *country = &list->countries[c];

        while (s < list->state_count && strncmp(list->states[s].code, country->code, 2) < 0)
            s++;
        country->has_states =
            s < list->state_count && strncmp(list->states[s].code, country->code, 2) == 0;
    }
    qsort(list->countries, list->country_count, sizeof(*list->countries), country_name_order);
    *out = list;
    return true;
}

const struct country *location_countries(const struct location_list *list, size_t *count)
{
    *count = list->country_count;
    return list->countries;
}

const struct country_state *location_states(const struct location_list *list, const char *country,
                                            size_t *count)
{
    const struct country_state *first = NULL;

    *count = 0;
    for (size_t i = 0; i < list->state_count; i++) {
        if (strncmp(list->states[i].code, country, 2) != 0)
            continue;
        if (!first)
            first = &list->states[i];
        ++*count;
    }
    return first;
}

const struct country *location_country(const struct location_list *list, const char *code)
{
    for (size_t i = 0; i < list->country_count; i++)
        if (strcasecmp(list->countries[i].code, code) == 0)
            return &list->countries[i];
    return NULL;
}

static const struct country_state *state_find(const struct location_list *list,
                                              const struct country *country, const char *text)
{
    for (size_t i = 0; i < list->state_count; i++) {
        const struct country_state *state = &list->states[i];

        if (strncmp(state->code, country->code, 2) == 0 &&
            (strcasecmp(state->code, text) == 0 || strcasecmp(state->code + 3, text) == 0 ||
             strcasecmp(state->name, text) == 0))
            return state;
    }
    return NULL;
}

static bool city_check(const char *city, struct err *err)
{
    if (!slice_is_utf8(slice_str(city)))
        return err_field(err, "city", "the city is not UTF-8");
    if (slice_characters(slice_str(city)) > LOCATION_TEXT_MAX)
        return err_field(err, "city", "the city has %zu characters, at most %d are allowed",
                         slice_characters(slice_str(city)), LOCATION_TEXT_MAX);
    for (const char *at = city; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return err_field(err, "city", "the city holds the control character 0x%02x",
                             (unsigned)(unsigned char)*at);
    return true;
}

static bool is_given(const char *text)
{
    return text && *text;
}

static bool state_read(const struct location_list *list, const struct country *country,
                       const char *text, const struct country_state **out, struct err *err)
{
    const struct country_state *state;

    if (!country->has_states && is_given(text))
        return err_field(err, "state", "%s has no states: leave it out and give a city",
                         country->name);
    if (!country->has_states)
        return true;
    if (!is_given(text))
        return err_field(err, "state", "a state or province of %s is required", country->name);
    state = state_find(list, country, text);
    if (!state)
        return err_field(err, "state", "\"%.64s\" is not a state or province of %s (ISO 3166-2)",
                         text, country->name);
    *out = state;
    return true;
}

bool location_read(struct arena *mem, const struct location_list *list,
                   const struct location_input *input, struct location *out, struct err *err)
{
    const struct country *country;
    const struct country_state *state = NULL;
    const char *city = is_given(input->city) ? input->city : NULL;

    if (!is_given(input->country))
        return err_field(err, "country", "a country is required");
    country = location_country(list, input->country);
    if (!country)
        return err_field(err, "country",
                         "\"%.64s\" is not the code of a country (ISO 3166-1, two letters)",
                         input->country);
    if (!state_read(list, country, input->state, &state, err))
        return false;
    if (!state && !city)
        return err_field(err, "city", "a city is required, since %s has no states", country->name);
    if (city && !city_check(city, err))
        return false;
    *out = (struct location){
        .country = country->code,
        .state_code = state ? state->code : NULL,
        .state = state ? state->name : NULL,
        .city = city ? arena_strdup(mem, city) : NULL,
    };
    return true;
}
