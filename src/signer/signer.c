/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/signer.h"

#include <assert.h>

#include "base/hash.h"
#include "signer/client.h"
#include "signer/jws.h"

/* What the JSON around one record takes at most: names, quotes, group. */
#define RECORD_OVERHEAD 96
#define BATCH_ROOM      (SIGNER_DATAGRAM_MAX - 128)

static json_t *new_request(struct arena *mem, const struct signer_sealed *key)
{
    json_t *request = json_object();

    json_object_set_new(request, "owner", json_string(key->owner));
    signer_put_octets(mem, request, "sealed", key->blob);
    return request;
}

static void put(json_t *request, const char *field, const char *text)
{
    json_object_set_new(request, field, json_string(text));
}

/* A field of a reply. The signer is of the same build: what is missing is a fault of ours. */
static bool take_octets(struct arena *mem, const json_t *reply, const char *field,
                        struct slice *out, struct err *err)
{
    if (!signer_text(reply, field))
        return err_set(err, ERR_SIGNER, "the signer's reply has no %s", field);
    return signer_octets(mem, reply, field, out, err);
}

static bool take_text(struct arena *mem, const json_t *reply, const char *field, const char **out,
                      struct err *err)
{
    const char *text = signer_text(reply, field);

    if (!text)
        return err_set(err, ERR_SIGNER, "the signer's reply has no %s", field);
    *out = arena_strdup(mem, text);
    return true;
}

static bool take_key(struct arena *mem, const json_t *reply, struct signer_key *out,
                     struct err *err)
{
    struct signer_key key = {.type = KEY_P256};

    if (!take_octets(mem, reply, "sealed", &key.sealed, err) ||
        !take_octets(mem, reply, "spki", &key.spki, err))
        return false;
    *out = key;
    return true;
}

bool signer_make_key(struct arena *mem, struct signer *signer, const char *owner,
                     struct signer_key *out, struct err *err)
{
    json_t *request = json_object();
    json_auto_t *reply = NULL;

    put(request, "owner", owner);
    return signer_call(signer, SIGNER_OP_MAKE_KEY, request, &reply, err) &&
           take_key(mem, reply, out, err);
}

bool signer_make_csr(struct arena *mem, struct signer *signer, const char *owner,
                     const struct csr_wish *wish, struct signer_csr *out, struct err *err)
{
    json_t *request, *names;
    json_auto_t *reply = NULL;
    const struct {
        const char *field, *text;
    } places[] = {{"country", wish->country},
                  {"state_or_province", wish->state_or_province},
                  {"city", wish->city}};

    if (!csr_check(wish, err)) /* all of it is JSON text, then */
        return false;
    request = json_object();
    put(request, "owner", owner);
    names = json_array();
    for (size_t i = 0; i < wish->name_count; i++)
        json_array_append_new(names, json_string(wish->names[i]));
    json_object_set_new(request, "names", names);
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        if (places[i].text)
            put(request, places[i].field, places[i].text);
    return signer_call(signer, SIGNER_OP_CSR, request, &reply, err) &&
           take_octets(mem, reply, "der", &out->der, err) && take_key(mem, reply, &out->key, err);
}

bool signer_jws(struct arena *mem, struct signer *signer, const struct signer_jws_wish *wish,
                const char **out, struct err *err)
{
    const char *protected = base64url_encode(mem, slice_str(wish->header)), *signature,
               *payload = base64url_encode(mem, wish->payload);
    json_t *request = new_request(mem, wish->account);
    json_auto_t *reply = NULL;

    put(request, "protected", protected);
    put(request, "payload", payload);
    if (wish->is_of_certificate)
        put(request, "kind", seal_kind_name(SEAL_CERTIFICATE_KEY));
    if (!signer_call(signer, SIGNER_OP_JWS, request, &reply, err) ||
        !take_text(mem, reply, "signature", &signature, err))
        return false;
    *out = jws_serialize(mem, protected, payload, signature);
    return true;
}

bool signer_jws_eab(struct arena *mem, struct signer *signer, const struct signer_eab_wish *wish,
                    const char **out, struct err *err)
{
    json_t *request = new_request(mem, wish->account);
    json_auto_t *reply = NULL;

    put(request, "ca", wish->ca);
    put(request, "url", wish->url);
    return signer_call(signer, SIGNER_OP_JWS_EAB, request, &reply, err) &&
           take_text(mem, reply, "jws", out, err);
}

bool signer_jws_rollover(struct arena *mem, struct signer *signer, const struct signer_rollover *in,
                         const char **out, struct err *err)
{
    json_t *request = new_request(mem, &in->old_key);
    json_auto_t *reply = NULL;

    put(request, "new_owner", in->new_key.owner);
    signer_put_octets(mem, request, "new_sealed", in->new_key.blob);
    put(request, "account_url", in->account_url);
    put(request, "url", in->url);
    return signer_call(signer, SIGNER_OP_JWS_ROLLOVER, request, &reply, err) &&
           take_text(mem, reply, "jws", out, err);
}

bool signer_tsig(struct arena *mem, struct signer *signer, const char *zone, struct slice octets,
                 struct slice *out, struct err *err)
{
    json_t *request = json_object();
    json_auto_t *reply = NULL;

    put(request, "zone", zone);
    signer_put_octets(mem, request, "octets", octets);
    return signer_call(signer, SIGNER_OP_TSIG, request, &reply, err) &&
           take_octets(mem, reply, "mac", out, err);
}

bool signer_public_jwk(struct arena *mem, struct signer *signer,
                       const struct signer_sealed *account, struct signer_jwk *out, struct err *err)
{
    json_auto_t *reply = NULL;
    char *text;

    if (!signer_call(signer, SIGNER_OP_PUBLIC_JWK, new_request(mem, account), &reply, err) ||
        !take_text(mem, reply, "thumbprint", &out->thumbprint, err))
        return false;
    text = json_dumps(json_object_get(reply, "jwk"), JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        return err_set(err, ERR_SIGNER, "the signer's reply has no jwk");
    out->json = arena_strdup(mem, text);
    free(text);
    return true;
}

bool signer_reseal(struct arena *mem, struct signer *signer, enum seal_kind kind,
                   const struct signer_sealed *in, struct slice *out, struct err *err)
{
    json_t *request = new_request(mem, in);
    json_auto_t *reply = NULL;

    put(request, "kind", seal_kind_name(kind));
    return signer_call(signer, SIGNER_OP_RESEAL, request, &reply, err) &&
           take_octets(mem, reply, "sealed", out, err);
}

/* How many of the records fit into one datagram; at least one, which may then be refused. */
static size_t batch_size(const struct signer_record *records, size_t count)
{
    size_t room = BATCH_ROOM, n = 0;

    while (n < count && n < SIGNER_MAC_BATCH_MAX) {
        size_t need = RECORD_OVERHEAD + (records[n].octets.len + 2) / 3 * 4;

        if (need > room)
            break;
        room -= need;
        n++;
    }
    return n ? n : 1;
}

static bool read_mac(struct arena *mem, const json_t *mac, struct signer_record *out,
                     struct err *err)
{
    json_int_t kid = json_integer_value(json_object_get(mac, "kid"));
    struct slice octets;

    if (!take_octets(mem, mac, "mac", &octets, err))
        return false;
    if (kid < 1 || kid > UINT8_MAX || octets.len != SIGNER_MAC_SIZE)
        return err_set(err, ERR_SIGNER, "the signer's reply has a MAC of %zu octets", octets.len);
    out->kid = (uint8_t)kid;
    memcpy(out->mac, octets.data, SIGNER_MAC_SIZE);
    return true;
}

static bool mac_batch(struct signer *signer, struct signer_record *records, size_t count,
                      struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_t *list = json_array();
    json_auto_t *reply = NULL;
    const json_t *macs;

    for (size_t i = 0; i < count; i++) {
        json_t *record = json_object();

        put(record, "group", records[i].group);
        signer_put_octets(mem, record, "octets", records[i].octets);
        json_array_append_new(list, record);
    }
    if (!signer_call(signer, SIGNER_OP_MAC, json_pack("{s:o}", "records", list), &reply, err))
        return false;
    macs = json_object_get(reply, "macs");
    if (json_array_size(macs) != count)
        return err_set(err, ERR_SIGNER, "%zu MACs for %zu records", json_array_size(macs), count);
    for (size_t i = 0; i < count; i++)
        if (!read_mac(mem, json_array_get(macs, i), &records[i], err))
            return false;
    return true;
}

bool signer_mac(struct signer *signer, struct signer_record *records, size_t count, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_record *copy = arena_array_of(mem, count + 1, struct signer_record);

    if (count)
        memcpy(copy, records, count * sizeof(*copy));
    for (size_t done = 0, n; done < count; done += n) {
        n = batch_size(copy + done, count - done);
        if (!mac_batch(signer, copy + done, n, err))
            return false;
    }
    for (size_t i = 0; i < count; i++) {
        records[i].kid = copy[i].kid;
        memcpy(records[i].mac, copy[i].mac, SIGNER_MAC_SIZE);
    }
    return true;
}
