/* SPDX-License-Identifier: Apache-2.0 */

/* Requests about keys and seals: make_key, csr, reseal, mac. */
#include "base/buf.h"
#include "base/hash.h"
#include "signer/answer.h"
#include "signer/protocol.h"
#include "signer/unseal.h"
#include "tls/csr.h"
#include "tls/key.h"

#define MAC_CONTEXT "latchkey-feed-1"

static bool read_kind(const json_t *request, enum seal_kind *out, struct err *err)
{
    const char *name = signer_text(request, "kind");

    for (enum seal_kind kind = 0; kind < SEAL_KIND_COUNT; kind++) {
        if (strcmp(seal_kind_name(kind), name) != 0)
            continue;
        *out = kind;
        return true;
    }
    return err_field(err, "kind", "no kind \"%.64s\"", name);
}

/* A new key, and what the reply says of it. */
static bool make_key(struct arena *mem, const struct signer_server *server,
                     const struct seal_label *label, EVP_PKEY **out, json_t *reply, struct err *err)
{
    AUTO(secret_wipe) struct secret scalar = {.len = KEY_SCALAR_SIZE};
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    struct slice sealed, spki;

    if (!key_make(&key, err) || !key_scalar(key, scalar.data, err) ||
        !key_spki(mem, key, &spki, err) ||
        !seal_newest(mem, server->keys, label, &scalar, &sealed, err))
        return false;
    json_object_set_new(reply, "type", json_integer(KEY_P256));
    signer_put_octets(mem, reply, "sealed", sealed);
    signer_put_octets(mem, reply, "spki", spki);
    *out = key;
    key = NULL;
    return true;
}

bool answer_make_key(struct arena *mem, const struct signer_server *server, const json_t *request,
                     json_t *reply, struct err *err)
{
    struct seal_label label = {SEAL_ACCOUNT_KEY, slice_str(signer_text(request, "owner"))};
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;

    return make_key(mem, server, &label, &key, reply, err);
}

bool answer_csr(struct arena *mem, const struct signer_server *server, const json_t *request,
                json_t *reply, struct err *err)
{
    struct seal_label label = {SEAL_CERTIFICATE_KEY, slice_str(signer_text(request, "owner"))};
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    const json_t *list = json_object_get(request, "names");
    struct csr_wish wish = {.name_count = json_array_size(list),
                            .country = signer_text(request, "country"),
                            .state_or_province = signer_text(request, "state_or_province"),
                            .city = signer_text(request, "city")};
    const char **names = arena_array_of(mem, wish.name_count + 1, const char *);
    struct slice der;

    for (size_t i = 0; i < wish.name_count; i++)
        names[i] = json_string_value(json_array_get(list, i));
    wish.names = names;
    if (!make_key(mem, server, &label, &key, reply, err) || !csr_make(mem, key, &wish, &der, err))
        return false;
    signer_put_octets(mem, reply, "der", der);
    return true;
}

bool answer_reseal(struct arena *mem, const struct signer_server *server, const json_t *request,
                   json_t *reply, struct err *err)
{
    struct seal_label label = {.owner = slice_str(signer_text(request, "owner"))};
    AUTO(secret_wipe) struct secret secret = {0};
    struct slice old_blob, new_blob;

    if (!read_kind(request, &label.kind, err) ||
        !signer_octets(mem, request, "sealed", &old_blob, err) ||
        !unseal(server->keys, &label, old_blob, &secret, err) ||
        !seal_newest(mem, server->keys, &label, &secret, &new_blob, err))
        return false;
    signer_put_octets(mem, reply, "sealed", new_blob);
    return true;
}

static bool mac_one(struct arena *mem, const struct signer_server *server, const json_t *record,
                    json_t *out, struct err *err)
{
    const char *group = signer_text(record, "group");
    const struct seal_key *key = keyring_newest_feed(server->keys, group);
    struct buf text = buf_new(mem, SIGNER_DATAGRAM_MAX);
    unsigned char mac[SHA256_SIZE];
    struct slice octets;

    if (!key)
        return err_field(err, "group", "no feed key of group \"%.64s\"", group);
    if (!signer_octets(mem, record, "octets", &octets, err))
        return false;
    buf_add(&text, MAC_CONTEXT, sizeof(MAC_CONTEXT)); /* its NUL included */
    buf_u8(&text, (uint8_t)strlen(group));
    buf_str(&text, group);
    buf_slice(&text, octets);
    buf_u8(&text, key->kid);
    hash_hmac_sha256(slice_of(key->octets, SEAL_KEY_SIZE), buf_view(&text), mac);
    json_object_set_new(out, "kid", json_integer(key->kid));
    signer_put_octets(mem, out, "mac", slice_of(mac, sizeof(mac)));
    return true;
}

bool answer_mac(struct arena *mem, const struct signer_server *server, const json_t *request,
                json_t *reply, struct err *err)
{
    const json_t *records = json_object_get(request, "records");
    json_t *macs = json_array();

    json_object_set_new(reply, "macs", macs);
    if (json_array_size(records) > SIGNER_MAC_BATCH_MAX)
        return err_field(err, "records", "%zu records, at most %d are allowed",
                         json_array_size(records), SIGNER_MAC_BATCH_MAX);
    for (size_t i = 0; i < json_array_size(records); i++) {
        json_t *mac = json_object();

        json_array_append_new(macs, mac);
        if (!mac_one(mem, server, json_array_get(records, i), mac, err))
            return false;
    }
    return true;
}
