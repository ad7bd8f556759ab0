/* SPDX-License-Identifier: Apache-2.0 */
#include "web/place.h"

#include "web/handlers.h"
#include "web/page.h"

void web_add_place(const struct app *app, const char *country, const char *state, const char *city,
                   json_t *data)
{
    const struct country *known = location_country(app->locations, country);
    size_t count, state_count = 0;
    const struct country *countries = location_countries(app->locations, &count);
    const struct country_state *states =
        known ? location_states(app->locations, known->code, &state_count) : NULL;
    json_t *list = json_array(), *state_list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:b}", "code", countries[i].code, "name",
                                        countries[i].name, "is_chosen", known == &countries[i]));
    for (size_t i = 0; i < state_count; i++)
        json_array_append_new(
            state_list, json_pack("{s:s, s:s}", "code", states[i].code, "name", states[i].name));
    json_object_set_new(data, "countries", list);
    json_object_set_new(data, "states", state_list);
    json_object_set_new(data, "needs_city", json_boolean(known && !known->has_states));
    json_object_set_new(data, "state", json_string(state));
    json_object_set_new(data, "city", json_string(city));
}

void web_drop_old_state(const struct app *app, const struct http_value *country,
                        struct http_value *state)
{
    const struct country *known =
        country->text ? location_country(app->locations, country->text) : NULL;

    if (known && !known->has_states && state->text)
        state->text = "";
}

static const char *given(const struct http_value *value)
{
    return value->text ? value->text : "";
}

bool web_get_place(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { Q_COUNTRY, Q_STATE, Q_CITY, Q_COUNT };
    static const struct http_field query[Q_COUNT] = {
        [Q_COUNTRY] = {.name = "country", .type = FIELD_TEXT, .max = 8},
        [Q_STATE] = {.name = "state", .type = FIELD_TEXT, .max = WEB_PLACE_TEXT_MAX},
        [Q_CITY] = {.name = "city", .type = FIELD_TEXT, .max = WEB_PLACE_TEXT_MAX},
    };
    struct http_value value[Q_COUNT];
    json_t *data;

    if (!http_query_fields(req, query, Q_COUNT, value, err))
        return false;
    data = json_object();
    web_add_place(web_call_of(req)->app, given(&value[Q_COUNTRY]), "", given(&value[Q_CITY]), data);
    return web_reply_part(req, res, "place", data, err);
}
