/* SPDX-License-Identifier: Apache-2.0 */
#include "store/text_list.h"

#include <assert.h>
#include <jansson.h>

DEFINE_FREEP(json_t, json_decref)

bool text_list_has(struct text_list list, const char *text)
{
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i], text) == 0)
            return true;
    return false;
}

const char *text_list_json(struct arena *mem, struct text_list list)
{
    AUTO(json_t_freep) json_t *array = json_array();
    const char *copy;
    char *text;

    assert(list.count <= TEXT_LIST_MAX);
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(array, json_string(list.items[i]));
    assert(json_array_size(array) == list.count);
    text = json_dumps(array, JSON_COMPACT);
    assert(text);
    copy = arena_strdup(mem, text);
    free(text);
    return copy;
}

bool text_list_parse(struct arena *mem, const char *json, struct text_list *out, struct err *err)
{
    AUTO(json_t_freep) json_t *array = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
    size_t count = json_array_size(array);
    const char **items;

    if (!json_is_array(array) || count > TEXT_LIST_MAX)
        return err_set(err, ERR_STORE, "the database has something else than a list: \"%.64s\"",
                       json);
    items = arena_array_of(mem, count, const char *);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(array, i));

        if (!text)
            return err_set(err, ERR_STORE,
                           "the database has a list of other things than texts: "
                           "\"%.64s\"",
                           json);
        items[i] = arena_strdup(mem, text);
    }
    *out = (struct text_list){.count = count, .items = items};
    return true;
}
