/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/alg.h"

static const char *const names[CA_ALG_COUNT] = {
    [CA_ALG_RS256] = "RS256",
    [CA_ALG_ES256] = "ES256",
    [CA_ALG_ES384] = "ES384",
};

const char *ca_alg_name(enum ca_alg alg)
{
    return names[alg];
}

bool ca_alg_parse(const char *name, enum ca_alg *out)
{
    for (size_t i = 0; i < CA_ALG_COUNT; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum ca_alg)i;
            return true;
        }
    }
    return false;
}

json_t *ca_alg_list(void)
{
    json_t *list = json_array();

    for (size_t i = 0; i < CA_ALG_COUNT; i++)
        json_array_append_new(list, json_string(names[i]));
    return list;
}

const char *ca_alg_words(void)
{
    return "[RS256 ES256 ES384]"; /* as Go writes a list */
}
