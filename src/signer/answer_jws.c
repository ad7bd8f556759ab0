/* SPDX-License-Identifier: Apache-2.0 */

/* Requests about account keys: jws, jws_eab, jws_rollover, public_jwk (RFC 8555 sections 6.2, 7.3).
 */
#include "signer/answer.h"
#include "signer/jws.h"
#include "signer/origin.h"
#include "signer/protocol.h"
#include "signer/unseal.h"
#include "tls/chain.h"
#include "tls/key.h"

#define HEADER_SIZE 4 /* alg, url, nonce, kid or jwk */

/* Which fields of a request have a key, and of what kind it is. */
struct key_place {
    enum seal_kind kind;
    const char *owner, *sealed;
};

static const struct key_place account_place = {SEAL_ACCOUNT_KEY, "owner", "sealed"};
static const struct key_place new_account_place = {SEAL_ACCOUNT_KEY, "new_owner", "new_sealed"};
static const struct key_place certificate_place = {SEAL_CERTIFICATE_KEY, "owner", "sealed"};

static bool open_scalar(struct arena *mem, const struct signer_server *server,
                        const json_t *request, const struct key_place *at, struct secret *out,
                        struct err *err)
{
    struct seal_label label = {at->kind, slice_str(signer_text(request, at->owner))};
    struct slice sealed;

    return signer_octets(mem, request, at->sealed, &sealed, err) &&
           unseal_scalar(server->keys, &label, sealed, out, err);
}

static bool open_account(struct arena *mem, const struct signer_server *server,
                         const json_t *request, EVP_PKEY **out, struct err *err)
{
    AUTO(secret_wipe) struct secret scalar = {0};

    return open_scalar(mem, server, request, &account_place, &scalar, err) &&
           key_from_scalar(scalar.data, out, err);
}

static bool is_of_ca(const struct signer_ca *ca, const struct origin *url)
{
    struct origin own;

    return origin_parse(ca->directory, &own) && origin_equal(&own, url);
}

/* A signature is worth something only to a CA that this installation is configured for. */
static bool check_url(const struct signer_server *server, const char *url, struct err *err)
{
    struct origin origin;

    if (!origin_parse(url, &origin))
        return err_field(err, "url", "\"%.128s\" is not an http or https URL", url);
    for (size_t i = 0; i < server->ca_count; i++)
        if (is_of_ca(&server->cas[i], &origin))
            return true;
    return err_set(err, ERR_FORBIDDEN, "%.128s is not at a configured CA", url);
}

static bool check_jwk(const json_t *jwk, const struct secret *scalar, struct err *err)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    json_auto_t *own = NULL;

    if (!key_from_scalar(scalar->data, &key, err) || !jws_public_jwk(key, &own, err))
        return false;
    return json_equal(jwk, own) ||
           err_set(err, ERR_FORBIDDEN, "the jwk in the header is of another key");
}

static bool read_header(struct arena *mem, const json_t *request, json_t **out, struct err *err)
{
    struct slice text;
    json_t *header;

    if (!signer_octets(mem, request, "protected", &text, err))
        return false;
    header = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    *out = header;
    return json_is_object(header) ||
           err_field(err, "protected", "the protected header is not a JSON object");
}

/* The header of RFC 8555 section 6.2: alg, url, nonce, and one of kid and jwk. */
static bool check_header(const struct signer_server *server, const json_t *header,
                         const struct secret *scalar, struct err *err)
{
    const char *url = signer_text(header, "url"), *alg = signer_text(header, "alg");
    const json_t *jwk = json_object_get(header, "jwk");

    if (!url || !json_object_get(header, "alg") || !signer_text(header, "nonce") ||
        !(jwk || signer_text(header, "kid")) || json_object_size(header) != HEADER_SIZE)
        return err_field(err, "protected", "not exactly alg, url, nonce, and one of kid and jwk");
    if (!alg || strcmp(alg, "ES256") != 0)
        return err_field(err, "protected", "alg is not ES256");
    return check_url(server, url, err) && (!jwk || check_jwk(jwk, scalar, err));
}

/* What a certificate's key may sign: that this certificate is revoked (RFC 8555 section 7.6). */
static bool check_revocation(struct arena *mem, const json_t *header, struct slice payload,
                             const struct secret *scalar, struct err *err)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    json_auto_t *body =
        json_loadb((const char *)payload.data, payload.len, JSON_REJECT_DUPLICATES, NULL);
    struct slice leaf, spki;
    struct chain chain;

    if (!json_object_get(header, "jwk") || !json_is_integer(json_object_get(body, "reason")) ||
        !json_is_string(json_object_get(body, "certificate")) || json_object_size(body) != 2)
        return err_set(err, ERR_FORBIDDEN,
                       "a certificate's key signs the revocation of the certificate only");
    if (!signer_octets(mem, body, "certificate", &leaf, err) ||
        !chain_from_der(mem, &leaf, 1, &chain, err) || !key_from_scalar(scalar->data, &key, err) ||
        !key_spki(mem, key, &spki, err))
        return false;
    if (!chain_has_key(&chain, spki, err))
        return err_set(err, ERR_FORBIDDEN, "the certificate in the payload has another key");
    return true;
}

/* The account's key, or, if the request says so, a certificate's. */
static bool open_signing(struct arena *mem, const struct signer_server *server,
                         const json_t *request, const json_t *header, struct secret *out,
                         struct err *err)
{
    const char *kind = signer_text(request, "kind");
    struct slice payload;

    if (!signer_octets(mem, request, "payload", &payload, err))
        return false;
    if (!kind)
        return open_scalar(mem, server, request, &account_place, out, err);
    if (strcmp(kind, seal_kind_name(SEAL_CERTIFICATE_KEY)) != 0)
        return err_field(err, "kind", "no kind \"%.64s\" of key signs", kind);
    return open_scalar(mem, server, request, &certificate_place, out, err) &&
           check_revocation(mem, header, payload, out, err);
}

/* What is checked is what the signed octets say: they are taken apart here, and not made anew. */
bool answer_jws(struct arena *mem, const struct signer_server *server, const json_t *request,
                json_t *reply, struct err *err)
{
    AUTO(secret_wipe) struct secret scalar = {0};
    json_auto_t *header = NULL;
    unsigned char signature[ES256_SIZE];

    if (!read_header(mem, request, &header, err) ||
        !open_signing(mem, server, request, header, &scalar, err) ||
        !check_header(server, header, &scalar, err) ||
        !jws_signature(mem, scalar.data, signer_text(request, "protected"),
                       signer_text(request, "payload"), signature, err))
        return false;
    signer_put_octets(mem, reply, "signature", slice_of(signature, sizeof(signature)));
    return true;
}

static const struct signer_ca *find_ca(const struct signer_server *server, const char *id)
{
    for (size_t i = 0; i < server->ca_count; i++)
        if (strcmp(server->cas[i].id, id) == 0)
            return &server->cas[i];
    return NULL;
}

static bool check_eab(const struct signer_ca *ca, const char *id, const char *url, struct err *err)
{
    struct origin origin;

    if (!ca)
        return err_field(err, "ca", "no CA \"%.64s\"", id);
    if (!ca->eab_kid)
        return err_set(err, ERR_CONFIG, "CA \"%s\" has no EAB key", id);
    if (!origin_parse(url, &origin) || !is_of_ca(ca, &origin))
        return err_set(err, ERR_FORBIDDEN, "%.128s is not at CA \"%s\"", url, id);
    return true;
}

static const char *dump(struct arena *mem, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    const char *kept = arena_strdup(mem, text);

    free(text);
    return kept;
}

bool answer_jws_eab(struct arena *mem, const struct signer_server *server, const json_t *request,
                    json_t *reply, struct err *err)
{
    const char *id = signer_text(request, "ca"), *url = signer_text(request, "url"), *jws;
    const struct signer_ca *ca = find_ca(server, id);
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    json_auto_t *jwk = NULL, *header = NULL;

    if (!check_eab(ca, id, url, err) || !open_account(mem, server, request, &key, err) ||
        !jws_public_jwk(key, &jwk, err))
        return false;
    header = json_pack("{s:s, s:s}", "kid", ca->eab_kid, "url", url);
    if (!jws_mac(mem, ca->eab_secret, header, slice_str(dump(mem, jwk)), &jws, err))
        return false;
    json_object_set_new(reply, "jws", json_string(jws));
    return true;
}

/* The inner JWS of keyChange (RFC 8555 section 7.3.5). */
static bool sign_rollover(struct arena *mem, const json_t *request, EVP_PKEY *old_key,
                          const struct secret *new_scalar, const char **jws, struct err *err)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *new_key = NULL;
    json_auto_t *old_jwk = NULL, *new_jwk = NULL, *payload = NULL, *header = NULL;

    if (!key_from_scalar(new_scalar->data, &new_key, err) ||
        !jws_public_jwk(old_key, &old_jwk, err) || !jws_public_jwk(new_key, &new_jwk, err))
        return false;
    payload =
        json_pack("{s:s, s:O}", "account", signer_text(request, "account_url"), "oldKey", old_jwk);
    header = json_pack("{s:s, s:O}", "url", signer_text(request, "url"), "jwk", new_jwk);
    return jws_sign(mem, new_scalar->data, header, slice_str(dump(mem, payload)), jws, err);
}

bool answer_jws_rollover(struct arena *mem, const struct signer_server *server,
                         const json_t *request, json_t *reply, struct err *err)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *old_key = NULL;
    AUTO(secret_wipe) struct secret new_scalar = {0};
    const char *jws;

    if (!check_url(server, signer_text(request, "url"), err) ||
        !open_account(mem, server, request, &old_key, err) ||
        !open_scalar(mem, server, request, &new_account_place, &new_scalar, err) ||
        !sign_rollover(mem, request, old_key, &new_scalar, &jws, err))
        return false;
    json_object_set_new(reply, "jws", json_string(jws));
    return true;
}

bool answer_public_jwk(struct arena *mem, const struct signer_server *server, const json_t *request,
                       json_t *reply, struct err *err)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    json_auto_t *jwk = NULL;
    const char *thumbprint;

    if (!open_account(mem, server, request, &key, err) || !jws_public_jwk(key, &jwk, err) ||
        !jws_thumbprint(mem, jwk, &thumbprint, err))
        return false;
    json_object_set(reply, "jwk", jwk);
    json_object_set_new(reply, "thumbprint", json_string(thumbprint));
    return true;
}
