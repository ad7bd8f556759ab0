/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/protocol.h"

#include "base/hash.h"

#define FIELDS_MAX 6

enum field_kind { TEXT, OCTETS, TEXTS, RECORDS };

struct field {
    const char *name;
    enum field_kind kind;
    bool is_optional;
};

#define X(id, op_name) [SIGNER_OP_##id] = op_name,
static const char *const names[SIGNER_OP_COUNT] = {SIGNER_OPS(X)};
#undef X

static const struct field fields[SIGNER_OP_COUNT][FIELDS_MAX + 1] = {
    [SIGNER_OP_MAKE_KEY] = {{"owner", TEXT, false}},
    [SIGNER_OP_CSR] = {{"owner", TEXT, false},
                       {"names", TEXTS, false},
                       {"country", TEXT, true},
                       {"state_or_province", TEXT, true},
                       {"city", TEXT, true}},
    [SIGNER_OP_JWS] = {{"owner", TEXT, false},
                       {"sealed", OCTETS, false},
                       {"kind", TEXT, true},
                       {"protected", OCTETS, false},
                       {"payload", OCTETS, false}},
    [SIGNER_OP_JWS_EAB] = {{"owner", TEXT, false},
                           {"sealed", OCTETS, false},
                           {"ca", TEXT, false},
                           {"url", TEXT, false}},
    [SIGNER_OP_JWS_ROLLOVER] = {{"owner", TEXT, false},
                                {"sealed", OCTETS, false},
                                {"new_owner", TEXT, false},
                                {"new_sealed", OCTETS, false},
                                {"account_url", TEXT, false},
                                {"url", TEXT, false}},
    [SIGNER_OP_PUBLIC_JWK] = {{"owner", TEXT, false}, {"sealed", OCTETS, false}},
    [SIGNER_OP_RESEAL] = {{"kind", TEXT, false}, {"owner", TEXT, false}, {"sealed", OCTETS, false}},
    [SIGNER_OP_MAC] = {{"records", RECORDS, false}},
    [SIGNER_OP_TSIG] = {{"zone", TEXT, false}, {"octets", OCTETS, false}},
};

const char *signer_op_name(enum signer_op op)
{
    return names[op];
}

static bool are_texts(const json_t *list)
{
    const json_t *item;
    size_t i;

    if (!json_is_array(list))
        return false;
    json_array_foreach(list, i, item) if (!json_is_string(item)) return false;
    return true;
}

static bool are_records(const json_t *list)
{
    const json_t *item;
    size_t i;

    if (!json_is_array(list))
        return false;
    json_array_foreach(list, i,
                       item) if (json_object_size(item) != 2 ||
                                 !json_is_string(json_object_get(item, "group")) ||
                                 !json_is_string(json_object_get(item, "octets"))) return false;
    return true;
}

static bool is_of_kind(const json_t *value, enum field_kind kind)
{
    switch (kind) {
    case TEXT:
    case OCTETS:
        return json_is_string(value);
    case TEXTS:
        return are_texts(value);
    case RECORDS:
        return are_records(value);
    }
    return false;
}

static bool check_fields(const json_t *request, enum signer_op op, struct err *err)
{
    size_t known = 2; /* id and op */

    for (const struct field *field = fields[op]; field->name; field++) {
        const json_t *value = json_object_get(request, field->name);

        if (!value && field->is_optional)
            continue;
        if (!value)
            return err_field(err, field->name, "%s without %s", names[op], field->name);
        if (!is_of_kind(value, field->kind))
            return err_field(err, field->name, "%s of a wrong type", field->name);
        known++;
    }
    if (json_object_size(request) != known)
        return err_set(err, ERR_BAD_INPUT, "%s with %zu fields, %zu of them known", names[op],
                       json_object_size(request), known);
    return true;
}

static bool find_op(const json_t *request, enum signer_op *out, struct err *err)
{
    const char *name = json_string_value(json_object_get(request, "op"));

    for (enum signer_op op = 0; name && op < SIGNER_OP_COUNT; op++) {
        if (strcmp(names[op], name) != 0)
            continue;
        *out = op;
        return true;
    }
    return err_field(err, "op", "no request \"%.64s\"", name ? name : "");
}

bool signer_request_read(struct slice datagram, json_t **out, enum signer_op *op, json_int_t *id,
                         struct err *err)
{
    json_error_t reason;
    json_t *request =
        json_loadb((const char *)datagram.data, datagram.len, JSON_REJECT_DUPLICATES, &reason);
    const json_t *number = json_object_get(request, "id");

    *id = 0;
    if (json_is_integer(number) && json_integer_value(number) > 0)
        *id = json_integer_value(number);
    if (!json_is_object(request))
        err_set(err, ERR_BAD_INPUT, "not a JSON object: %s",
                request ? "another value" : reason.text);
    else if (*id == 0)
        err_field(err, "id", "not a number above 0");
    else if (find_op(request, op, err) && check_fields(request, *op, err)) {
        *out = request;
        return true;
    }
    json_decref(request);
    return false;
}

const char *signer_text(const json_t *request, const char *field)
{
    return json_string_value(json_object_get(request, field));
}

bool signer_octets(struct arena *mem, const json_t *request, const char *field, struct slice *out,
                   struct err *err)
{
    struct slice octets;

    if (!base64url_decode(mem, signer_text(request, field), &octets, err)) {
        char reason[ERR_TEXT_MAX];

        memcpy(reason, err->text, sizeof(reason));
        return err_field(err, field, "%s: %s", field, reason);
    }
    *out = octets;
    return true;
}

void signer_put_octets(struct arena *mem, json_t *object, const char *field, struct slice octets)
{
    json_object_set_new(object, field, json_string(base64url_encode(mem, octets)));
}
