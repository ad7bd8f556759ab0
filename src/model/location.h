/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * location: country, and state or city, as they go into a certificate request (R19). Countries and
 * their subdivisions come from the iso-codes package; read once, at start.
 */
#include "base/arena.h"
#include "base/err.h"

#define LOCATION_TEXT_MAX 128 /* characters: ub-state-name and ub-locality-name of RFC 5280 */

struct location_list;

struct country {
    const char *code; /* ISO 3166-1 alpha-2, upper case */
    const char *name;
    bool has_states; /* whether ISO 3166-2 divides it */
};

struct country_state {
    const char *code; /* ISO 3166-2, "US-CA" */
    const char *name;
};

struct location {
    const char *country;    /* alpha-2 */
    const char *state_code; /* ISO 3166-2 ("US-CA"); NULL where the country has no states */
    const char *state;      /* its name ("California"), for ST; NULL likewise */
    const char *city;       /* for L, used in place of a state; NULL when not given */
};

/* `folder` has iso_3166-1.json and iso_3166-2.json; NULL = /usr/share/iso-codes/json. Owned by
 * `mem`, read-only afterwards. */
MUST_CHECK bool location_list_load(struct arena *mem, const char *folder,
                                   const struct location_list **out, struct err *err);

/* In order of name (octets of UTF-8), for forms. */
const struct country *location_countries(const struct location_list *list, size_t *count);
/* In order of code, for forms; NULL and 0 for a country that has none. `country` is alpha-2, upper
 * case. */
const struct country_state *location_states(const struct location_list *list, const char *country,
                                            size_t *count);
/* NULL when there is no such country. Any case. */
const struct country *location_country(const struct location_list *list, const char *code);

struct location_input {
    const char *country, *state, *city; /* as typed; NULL or "" = not given */
};

/* Checks what a form requires: a country; a state (its ISO 3166-2 code, with or without the
 * country, or its name, in any case) where the country has some, else a city. The err's field is
 * "country", "state" or "city". Strings in `out` belong to `mem` or the list. */
MUST_CHECK bool location_read(struct arena *mem, const struct location_list *list,
                              const struct location_input *input, struct location *out,
                              struct err *err);
