/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/unseal.h"

#include "tls/key.h"

static bool seal_err(struct err *err, const char *what, const struct seal_label *label,
                     enum seal_result result)
{
    enum err_code code = result == SEAL_BAD_OWNER ? ERR_BAD_INPUT : ERR_CRYPTO;

    return err_set(err, code, "%s the %s of \"%.*s\": %s", what, seal_kind_name(label->kind),
                   (int)label->owner.len, (const char *)label->owner.data,
                   seal_result_text(result));
}

bool unseal(const struct keyring *keys, const struct seal_label *label, struct slice blob,
            struct secret *out, struct err *err)
{
    enum seal_family family = seal_family(label->kind);
    const struct seal_key *key;
    enum seal_result result;
    uint8_t kid;

    if (!seal_kid(blob, &kid))
        return seal_err(err, "cannot open", label, SEAL_BAD_BLOB);
    key = keyring_find(keys, family, kid);
    if (!key)
        return err_set(err, ERR_CRYPTO, "cannot open the %s of \"%.*s\": no key %s-%u",
                       seal_kind_name(label->kind), (int)label->owner.len,
                       (const char *)label->owner.data, seal_family_name(family), kid);
    result = seal_open(key, label, blob, out->data, sizeof(out->data), &out->len);
    return result == SEAL_OK || seal_err(err, "cannot open", label, result);
}

bool unseal_scalar(const struct keyring *keys, const struct seal_label *label, struct slice blob,
                   struct secret *out, struct err *err)
{
    return unseal(keys, label, blob, out, err) &&
           (out->len == KEY_SCALAR_SIZE ||
            err_set(err, ERR_CRYPTO, "the %s of \"%.*s\" is not a P-256 key",
                    seal_kind_name(label->kind), (int)label->owner.len,
                    (const char *)label->owner.data));
}

bool seal_newest(struct arena *mem, const struct keyring *keys, const struct seal_label *label,
                 const struct secret *in, struct slice *out, struct err *err)
{
    const struct seal_key *key = keyring_newest(keys, seal_family(label->kind));
    size_t room = in->len + SEAL_OVERHEAD, len;
    unsigned char *blob = arena_alloc(mem, room);
    enum seal_result result;

    if (!key)
        return err_set(err, ERR_CONFIG, "no %s key, \"latchkey signer init\" makes the first",
                       seal_family_name(seal_family(label->kind)));
    result = seal_close(key, label, secret_view(in), blob, room, &len);
    if (result != SEAL_OK)
        return seal_err(err, "could not seal", label, result);
    *out = slice_of(blob, len);
    return true;
}
