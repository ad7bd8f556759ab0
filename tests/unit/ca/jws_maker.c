/* SPDX-License-Identifier: Apache-2.0 */
#include "jws_maker.h"

#include <jose/jose.h>

#include "base/hash.h"
#include "ca/jwk.h"

json_t *maker_key(struct arena *mem, const char *alg)
{
    json_t *key = ca_json_keep(mem, json_pack("{s:s}", "alg", alg));

    if (!jose_jwk_gen(NULL, key))
        abort();
    json_object_del(key, "key_ops");
    return key;
}

json_t *maker_public(struct arena *mem, const json_t *key)
{
    json_t *copy = ca_json_keep(mem, json_deep_copy(key));

    if (!jose_jwk_pub(NULL, copy))
        abort();
    json_object_del(copy, "alg");
    json_object_del(copy, "key_ops");
    return copy;
}

const char *maker_sign(struct arena *mem, const json_t *key, const char *header,
                       const char *payload)
{
    json_t *jws = json_pack("{s:s}", "payload", base64url_encode(mem, slice_str(payload)));
    json_t *sig = json_pack("{s:s}", "protected", base64url_encode(mem, slice_str(header)));
    char *text;
    const char *out;

    if (!jose_jws_sig(NULL, jws, sig, key))
        abort();
    text = json_dumps(jws, JSON_COMPACT);
    out = arena_strdup(mem, text);
    free(text);
    json_decref(sig);
    json_decref(jws);
    return out;
}
