/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of external account binding, in the management interface. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "ca/eab_store.h"
#include "ca/journal_store.h"
#include "ca/manage_handlers.h"
#include "ca/service.h"
#include "http/response.h"

#define KID_OCTETS   16
#define MAC_OCTETS   64 /* enough for HS512 (RFC 7518 section 3.2) */
#define KEY_NAME_MAX 100

static json_t *instant_json(int64_t at)
{
    char text[CLOCK_TEXT_SIZE];

    return at ? json_string(clock_text(at, text)) : json_null();
}

static json_t *key_json(const struct ca_eab_key *key)
{
    return json_pack("{s:s, s:s, s:b, s:o, s:o, s:I}", "kid", key->kid, "name", key->name, "once",
                     key->is_once, "created", instant_json(key->created_at), "used",
                     instant_json(key->used_at), "accounts", (json_int_t)key->accounts);
}

bool ca_list_eab(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    struct ca_eab_keys keys;
    json_t *list;

    if (!ca_eab_list(req->mem, ca->db, &keys, err))
        return false;
    list = json_array();
    for (size_t i = 0; i < keys.count; i++)
        json_array_append_new(list, key_json(&keys.items[i]));
    return http_reply_json(res, 200, json_pack("{s:o}", "keys", list));
}

static bool read_wish(const json_t *body, struct ca_eab_key *out, struct err *err)
{
    const json_t *name = json_object_get(body, "name"), *once = json_object_get(body, "once");

    if (!json_is_object(body))
        return err_set(err, ERR_BAD_REQUEST, "the body is no object");
    if (name && (!json_is_string(name) || json_string_length(name) > KEY_NAME_MAX))
        return err_field(err, "name", "is not a text of at most %d octets", KEY_NAME_MAX);
    if (once && !json_is_boolean(once))
        return err_field(err, "once", "is neither true nor false");
    out->name = name ? json_string_value(name) : "";
    out->is_once = json_is_true(once);
    return true;
}

static void make_key(struct arena *mem, struct ca_eab_key *key)
{
    unsigned char *mac_key = arena_alloc(mem, MAC_OCTETS);
    unsigned char kid[KID_OCTETS];

    random_bytes(kid, sizeof(kid));
    random_bytes(mac_key, MAC_OCTETS);
    key->kid = hex_encode(mem, slice_of(kid, sizeof(kid)));
    key->mac_key = slice_of(mac_key, MAC_OCTETS);
}

static bool journal(struct db *tx, enum ca_journal_kind kind, int64_t at, const char *kid,
                    struct err *err)
{
    const struct ca_journal_entry entry = {.at = at, .kind = kind, .subject = kid, .detail = ""};

    return ca_journal_add(tx, &entry, err);
}

bool ca_add_eab(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    struct ca_eab_key key = {.created_at = clock_now()};
    AUTO(db_tx_endp) struct db *tx = NULL;
    json_t *body, *json;

    if (!http_body_json(req, &body, err) || !read_wish(body, &key, err))
        return false;
    make_key(req->mem, &key);
    if (!db_tx_begin(ca->db, &tx, err) || !ca_eab_add(req->mem, tx, &key, err) ||
        !journal(tx, CA_JOURNAL_EAB_KEY_ADDED, key.created_at, key.kid, err) ||
        !db_tx_commit(&tx, err))
        return false;
    json = key_json(&key);
    json_object_set_new(json, "mac_key", json_string(base64url_encode(req->mem, key.mac_key)));
    return http_reply_json(res, 200, json);
}

bool ca_revoke_eab_key(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    const char *kid = http_param(req, "kid");
    int64_t at = clock_now();
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!db_tx_begin(ca->db, &tx, err))
        return false;
    if (!ca_eab_revoke(tx, kid, at, err))
        return err->code == ERR_LOST_RACE
                   ? err_set(err, ERR_NOT_FOUND, "there is no key \"%s\"", kid)
                   : false;
    if (!journal(tx, CA_JOURNAL_EAB_KEY_REVOKED, at, kid, err) || !db_tx_commit(&tx, err))
        return false;
    return http_reply_json(res, 200, json_pack("{s:s}", "kid", kid));
}
