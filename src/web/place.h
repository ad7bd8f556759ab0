/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* place: a country with its state or province, or a city: the part of forms that place.html is.
 * Internal. */
#include <jansson.h>

#include "app/app.h"
#include "http/fields.h"

#define WEB_PLACE_TEXT_MAX 200

/* The data of place.html, and "countries" for the list above it. */
void web_add_place(const struct app *app, const char *country, const char *state, const char *city,
                   json_t *data);

/* A country without states leaves none: a script empties the field, and without one it still has
 * what stood there for the country before. */
void web_drop_old_state(const struct app *app, const struct http_value *country,
                        struct http_value *state);
