/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"
#include "check/vantage.h"
#include "model/hostname.h"

#define STATUS_MAX 999

/* ---- writing ---- */

static json_t *probe_to_json(const struct vantage_probe *probe, bool is_answer)
{
    char text[ADDRESS_TEXT_SIZE];
    json_t *json = json_pack("{s:s}", "address", address_text(&probe->address, text));

    if (is_answer) {
        json_object_set_new(json, "outcome", json_string(probe_outcome_name(probe->outcome)));
        json_object_set_new(json, "status", json_integer(probe->status));
    }
    return json;
}

static json_t *name_to_json(const struct vantage_name *name, bool is_answer)
{
    json_t *probes = json_array();

    for (size_t i = 0; i < name->probe_count; i++)
        json_array_append_new(probes, probe_to_json(&name->probes[i], is_answer));
    return json_pack("{s:s, s:o}", "name", name->name, "probes", probes);
}

json_t *vantage_to_json(const struct vantage_view *view, bool is_answer)
{
    json_t *names = json_array();

    for (size_t i = 0; i < view->count; i++)
        json_array_append_new(names, name_to_json(&view->names[i], is_answer));
    return json_pack("{s:s, s:I, s:o}", "id", view->id, "until", (json_int_t)view->until, "names",
                     names);
}

/* ---- reading ---- */

static bool refuse(struct err *err, const char *what)
{
    return err_set(err, ERR_BAD_INPUT, "what a vantage point is asked or says: %s", what);
}

static bool read_result(const json_t *json, struct vantage_probe *out, struct err *err)
{
    const char *outcome = json_string_value(json_object_get(json, "outcome"));
    const json_t *status = json_object_get(json, "status");

    if (!outcome || !probe_outcome_parse(outcome, &out->outcome))
        return refuse(err, "an outcome that there is not");
    if (!json_is_integer(status) || json_integer_value(status) < 0 ||
        json_integer_value(status) > STATUS_MAX)
        return refuse(err, "a status that there is not");
    out->status = (int)json_integer_value(status);
    return true;
}

static bool read_probe(const json_t *json, bool is_answer, struct vantage_probe *out,
                       struct err *err)
{
    const char *address = json_string_value(json_object_get(json, "address"));

    if (!address || json_object_size(json) != (is_answer ? 3 : 1))
        return refuse(err, "not an address");
    return address_parse(address, &out->address, err) &&
           (!is_answer || read_result(json, out, err));
}

static bool read_name(struct arena *mem, json_t *json, bool is_answer, struct vantage_name *out,
                      struct err *err)
{
    const char *name;
    json_t *probes;

    if (json_unpack_ex(json, NULL, JSON_STRICT, "{s:s, s:o}", "name", &name, "probes", &probes) !=
            0 ||
        !json_is_array(probes) || json_array_size(probes) > VANTAGE_ADDRESSES_MAX)
        return refuse(err, "not a name with at most 8 probes");
    if (!hostname_check(name, err) || hostname_is_wildcard(name))
        return refuse(err, "not a host name");
    out->name = arena_strdup(mem, name);
    for (; out->probe_count < json_array_size(probes); out->probe_count++)
        if (!read_probe(json_array_get(probes, out->probe_count), is_answer,
                        &out->probes[out->probe_count], err))
            return false;
    return true;
}

static bool read_view(struct arena *mem, json_t *json, bool is_answer, struct vantage_view *out,
                      struct err *err)
{
    const char *id;
    json_int_t until;
    json_t *names;

    if (json_unpack_ex(json, NULL, JSON_STRICT, "{s:s, s:I, s:o}", "id", &id, "until", &until,
                       "names", &names) != 0 ||
        !json_is_array(names) || json_array_size(names) > VANTAGE_NAMES_MAX)
        return refuse(err, "not an id, a time and at most 8 names");
    if (!id_is(id, ID_QUESTION))
        return refuse(err, "not an id");
    out->id = arena_strdup(mem, id);
    out->until = until;
    for (; out->count < json_array_size(names); out->count++)
        if (!read_name(mem, json_array_get(names, out->count), is_answer, &out->names[out->count],
                       err))
            return false;
    return true;
}

bool vantage_read(struct arena *mem, struct slice text, bool is_answer, struct vantage_view *out,
                  struct err *err)
{
    struct vantage_view view = {0};
    json_t *json;
    bool is_read;

    if (text.len > VANTAGE_TEXT_MAX)
        return refuse(err, "too long");
    json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    is_read = json ? read_view(mem, json, is_answer, &view, err) : refuse(err, "not JSON");
    json_decref(json);
    if (is_read)
        *out = view;
    return is_read;
}
