/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"
#include "check/vantage.h"
#include "model/hostname.h"

#define STATUS_MAX 999
#define DIGEST_LEN 16 /* hexadecimal digits */

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

static json_t *dns_to_json(const struct vantage_name *name)
{
    json_t *found = json_array();
    char text[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < name->found_count; i++)
        json_array_append_new(found, json_string(address_text(&name->found[i], text)));
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "a", dns_reply_name(name->a), "aaaa",
                     dns_reply_name(name->aaaa), "caa", dns_reply_name(name->caa), "found", found,
                     "caa_digest", json_sprintf("%016llx", (unsigned long long)name->caa_digest));
}

static json_t *name_to_json(const struct vantage_name *name, bool is_answer)
{
    json_t *probes = json_array(), *json;

    for (size_t i = 0; i < name->probe_count; i++)
        json_array_append_new(probes, probe_to_json(&name->probes[i], is_answer));
    json = json_pack("{s:s, s:o}", "name", name->name, "probes", probes);
    if (is_answer && name->is_looked_up)
        json_object_set_new(json, "dns", dns_to_json(name));
    return json;
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

static bool read_reply(const json_t *json, const char *type, enum dns_reply *out, struct err *err)
{
    const char *text = json_string_value(json_object_get(json, type));

    for (int i = 0; text && i < DNS_REPLY_COUNT; i++)
        if (strcmp(dns_reply_name((enum dns_reply)i), text) == 0) {
            *out = (enum dns_reply)i;
            return true;
        }
    return refuse(err, "a reply that there is not");
}

static bool read_digest(const json_t *json, uint64_t *out, struct err *err)
{
    const char *text = json_string_value(json_object_get(json, "caa_digest"));

    if (!text || strlen(text) != DIGEST_LEN || strspn(text, "0123456789abcdef") != DIGEST_LEN)
        return refuse(err, "not a digest");
    *out = strtoull(text, NULL, 16);
    return true;
}

static bool read_found(const json_t *json, struct vantage_name *out, struct err *err)
{
    const json_t *found = json_object_get(json, "found");

    if (!json_is_array(found) || json_array_size(found) > VANTAGE_ADDRESSES_MAX)
        return refuse(err, "not at most 8 addresses");
    for (; out->found_count < json_array_size(found); out->found_count++) {
        const char *text = json_string_value(json_array_get(found, out->found_count));

        if (!text)
            return refuse(err, "not an address");
        if (!address_parse(text, &out->found[out->found_count], err))
            return false;
    }
    return true;
}

static bool read_dns(const json_t *json, struct vantage_name *out, struct err *err)
{
    if (json_object_size(json) != 5)
        return refuse(err, "not what a resolver has said");
    out->is_looked_up = true;
    return read_reply(json, "a", &out->a, err) && read_reply(json, "aaaa", &out->aaaa, err) &&
           read_reply(json, "caa", &out->caa, err) && read_found(json, out, err) &&
           read_digest(json, &out->caa_digest, err);
}

static bool read_probes(const json_t *probes, bool is_answer, struct vantage_name *out,
                        struct err *err)
{
    if (!json_is_array(probes) || json_array_size(probes) > VANTAGE_ADDRESSES_MAX)
        return refuse(err, "not a name with at most 8 probes");
    for (; out->probe_count < json_array_size(probes); out->probe_count++)
        if (!read_probe(json_array_get(probes, out->probe_count), is_answer,
                        &out->probes[out->probe_count], err))
            return false;
    return true;
}

static bool read_name(struct arena *mem, const json_t *json, bool is_answer,
                      struct vantage_name *out, struct err *err)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const json_t *dns = is_answer ? json_object_get(json, "dns") : NULL;

    if (!name || json_object_size(json) != (dns ? 3 : 2))
        return refuse(err, "not a name with its probes");
    if (!hostname_check(name, err) || hostname_is_wildcard(name))
        return refuse(err, "not a host name");
    out->name = arena_strdup(mem, name);
    return read_probes(json_object_get(json, "probes"), is_answer, out, err) &&
           (!dns || read_dns(dns, out, err));
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
