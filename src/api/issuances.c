/* SPDX-License-Identifier: Apache-2.0 */

/* issuances: the JSON form of an attempt at a certificate. It has no path of its own: it is shown
 * with its order and in the status of its domain. */
#include "api/json.h"
#include "app/status.h"
#include "http/response.h"
#include "store/issuance_name_store.h"
#include "store/issuance_store.h"

static json_t *stages_json(const struct issuance *issuance)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "checked_at",
                     api_time(issuance->checked_at), "ordered_at", api_time(issuance->ordered_at),
                     "published_at", api_time(issuance->published_at), "validated_at",
                     api_time(issuance->validated_at), "issued_at", api_time(issuance->issued_at),
                     "deployed_at", api_time(issuance->deployed_at), "live_at",
                     api_time(issuance->live_at));
}

static json_t *names_json(const struct issuance_name_list *names)
{
    json_t *array = json_array();

    for (size_t i = 0; i < names->count; i++) {
        const struct issuance_name *name = &names->items[i];

        json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:s?, s:b}", "name", name->name,
                                               "dns", name->dns_state, "finding",
                                               api_stored_json(name->finding), "challenge",
                                               name->challenge_state, "chosen", name->is_chosen));
    }
    return array;
}

static json_t *error_json(const struct issuance *issuance)
{
    if (!issuance->error_code)
        return json_null();
    return json_pack("{s:s, s:s?, s:o}", "code", issuance->error_code, "text", issuance->error_text,
                     "problem", api_stored_json(issuance->problem));
}

json_t *api_issuance_json(const struct issuance *issuance, const struct issuance_name_list *names)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:I, s:o, s:o, s:o, s:o, s:o}", "id", issuance->id,
                     "reason", issuance_reason_name(issuance->reason), "state",
                     issuance_state_name(issuance->state), "ca", issuance->ca, "certificate_id",
                     issuance->certificate_id, "attempts", (json_int_t)issuance->attempts, "error",
                     error_json(issuance), "next_try_at", api_time(issuance->next_try_at),
                     "created_at", api_time(issuance->created_at), "stages", stages_json(issuance),
                     "names", names_json(names));
}

static bool has(const json_t *array, const json_t *wanted)
{
    const json_t *item;
    size_t i;

    json_array_foreach(array, i, item) if (json_equal(item, wanted)) return true;
    return false;
}

/* The changes that a finding asks for, and those folded under it. */
static void add_actions(json_t *records, const json_t *finding)
{
    const json_t *folded;
    json_t *action;
    size_t i;

    json_array_foreach(json_object_get(finding, "actions"), i, action) if (!has(records, action))
        json_array_append(records, action);
    json_array_foreach(json_object_get(finding, "consequences"), i, folded)
        add_actions(records, folded);
}

json_t *api_records_json(const struct status *status)
{
    json_t *records = json_array();

    for (size_t i = 0; i < status->domain_name_count; i++) {
        json_auto_t *finding = api_stored_json(status->domain_names[i].name->finding);

        add_actions(records, finding);
    }
    return records;
}
