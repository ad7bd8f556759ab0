/* SPDX-License-Identifier: Apache-2.0 */
#include "api/json.h"

#include <assert.h>

#include "base/clock.h"

json_t *api_time(int64_t at)
{
    char text[CLOCK_TEXT_SIZE];

    return at ? json_string(clock_text(at, text)) : json_null();
}

json_t *api_texts(struct text_list list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(array, json_string(list.items[i]));
    return array;
}

json_t *api_stored_json(const char *text)
{
    json_t *json = text ? json_loads(text, JSON_DECODE_ANY, NULL) : json_null();

    return json ? json : json_null();
}
