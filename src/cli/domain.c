/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/domain.h"

bool cli_domain_find(struct arena *mem, struct cli_api *api, const char *name, const json_t **out,
                     struct err *err)
{
    const json_t *list;

    if (!cli_api_get(mem, api, arena_printf(mem, "/v1/domains?name=%s", cli_query_text(mem, name)),
                     &list, err))
        return false;
    *out = json_array_get(json_object_get(list, "items"), 0);
    return true;
}

bool cli_domain_status(struct arena *mem, struct cli_api *api, const char *domain_id,
                       const json_t **out, struct err *err)
{
    return cli_api_get(mem, api, arena_printf(mem, "/v1/domains/%s/status", domain_id), out, err);
}

bool cli_domain_named(struct arena *mem, struct cli_api *api, const char *name, const json_t **out,
                      struct err *err)
{
    const json_t *domain;

    if (!cli_domain_find(mem, api, name, &domain, err))
        return false;
    if (!domain)
        return err_set(err, ERR_NOT_FOUND, "there is no domain %.253s", name);
    return cli_domain_status(mem, api, json_string_value(json_object_get(domain, "id")), out, err);
}

bool cli_domain_is_live(const json_t *status)
{
    static const char *const live[] = {"secured", "test_certificate", "at_risk"};
    const char *badge =
        json_string_value(json_object_get(json_object_get(status, "badge"), "code"));

    for (size_t i = 0; badge && i < ARRAY_LEN(live); i++)
        if (strcmp(badge, live[i]) == 0)
            return true;
    return false;
}
