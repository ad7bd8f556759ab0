/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/find_domain.h"

#include <ctype.h>

static const char *lower(struct arena *mem, const char *text)
{
    char *copy = arena_strdup(mem, text);

    for (char *at = copy; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return copy;
}

bool find_domain(struct arena *mem, struct api_client *client, const char *name, const json_t **out,
                 struct err *err)
{
    const char *wanted = lower(mem, name);
    const json_t *page;
    size_t i;
    json_t *item;

    if (!api_client_ask(mem, client,
                        &(struct api_ask){.path = arena_printf(mem, "/v1/domains?limit=200&name=%s",
                                                               api_escape(mem, wanted))},
                        &page, err))
        return false;
    *out = NULL;
    json_array_foreach(json_object_get(page, "items"), i, item)
    {
        const char *text = json_string_value(json_object_get(item, "name"));

        if (text && strcmp(text, wanted) == 0)
            *out = item;
    }
    return true;
}

bool find_status(struct arena *mem, struct api_client *client, const json_t *domain,
                 const json_t **out, struct err *err)
{
    const char *id = json_string_value(json_object_get(domain, "id"));

    return api_client_ask(
        mem, client,
        &(struct api_ask){.path = arena_printf(mem, "/v1/domains/%s/status", id ? id : "")}, out,
        err);
}
