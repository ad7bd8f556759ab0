/* SPDX-License-Identifier: Apache-2.0 */

/* Only an EC_KEY becomes the key of a certificate without being encoded and decoded again; OpenSSL
 * 3 calls it deprecated, and has nothing in its place. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "tls/cert.h"

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <pthread.h>

#include "tls/chain.h"
#include "tls/key.h"

static OSSL_LIB_CTX *without_decoders;

static void make_context(void)
{
    without_decoders = OSSL_LIB_CTX_new();
    if (!without_decoders || !OSSL_PROVIDER_load(without_decoders, "null"))
        abort(); /* out of memory */
}

/* Keys are decoded by what `context` has; all that is done with the certificate afterwards is done
 * by the default context. */
static X509 *parse(struct slice der, OSSL_LIB_CTX *context)
{
    const unsigned char *at = der.data;
    X509 *cert =
        (X509 *)ASN1_item_d2i_ex(NULL, &at, (long)der.len, ASN1_ITEM_rptr(X509), context, NULL);

    if (cert && at == der.data + der.len)
        return cert;
    X509_free(cert);
    return NULL;
}

/* NULL when the point is not on the curve. */
static EVP_PKEY *key_of(const unsigned char point[KEY_POINT_SIZE])
{
    EC_KEY *ec = EC_KEY_new();
    EVP_PKEY *key = EVP_PKEY_new();

    if (ec && key && EC_KEY_set_group(ec, key_group()) == 1 &&
        EC_KEY_oct2key(ec, point, KEY_POINT_SIZE, NULL) == 1 &&
        EVP_PKEY_assign_EC_KEY(key, ec) == 1)
        return key;
    EC_KEY_free(ec);
    EVP_PKEY_free(key);
    return NULL;
}

static OSSL_LIB_CTX *context_without_decoders(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_context);
    return without_decoders;
}

static X509 *parse_p256(struct slice der, const unsigned char point[KEY_POINT_SIZE])
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = key_of(point);
    X509 *cert = parse(der, context_without_decoders());

    if (cert && key && X509_set_pubkey(cert, key) == 1)
        return cert;
    X509_free(cert);
    return NULL;
}

X509 *cert_parse(struct slice der)
{
    struct err ignored;
    uint16_t offset;
    X509 *cert = NULL;

    ERR_set_mark();
    if (chain_point_offset(der, &offset, &ignored) && offset)
        cert = parse_p256(der, der.data + offset);
    if (!cert)
        cert = parse(der, NULL);
    ERR_pop_to_mark();
    return cert;
}

static X509_REQ *request_take(struct slice *in, OSSL_LIB_CTX *context)
{
    const unsigned char *at = in->data;
    X509_REQ *request = (X509_REQ *)ASN1_item_d2i_ex(NULL, &at, (long)in->len,
                                                     ASN1_ITEM_rptr(X509_REQ), context, NULL);

    if (request)
        *in = slice_of(at, in->len - (size_t)(at - in->data));
    return request;
}

/* NULL: another kind of key, or a point that is not on the curve. */
static EVP_PKEY *request_p256(X509_REQ *request)
{
    ASN1_OBJECT *kind;
    const unsigned char *octets;
    const void *curve;
    X509_ALGOR *algorithm;
    EVP_PKEY *key = NULL;
    struct err ignored;
    int type, len;

    if (X509_PUBKEY_get0_param(&kind, &octets, &len, &algorithm,
                               X509_REQ_get_X509_PUBKEY(request)) != 1)
        return NULL;
    X509_ALGOR_get0(NULL, &type, &curve, algorithm);
    if (OBJ_obj2nid(kind) != NID_X9_62_id_ecPublicKey || type != V_ASN1_OBJECT ||
        OBJ_obj2nid(curve) != NID_X9_62_prime256v1 || len != KEY_POINT_SIZE ||
        octets[0] != POINT_CONVERSION_UNCOMPRESSED)
        return NULL;
    return key_from_point(octets, &key, &ignored) ? key : NULL;
}

X509_REQ *cert_request_take(struct slice *in, EVP_PKEY **key)
{
    struct slice rest = *in;
    X509_REQ *request;

    ERR_set_mark();
    request = request_take(&rest, context_without_decoders());
    *key = request ? request_p256(request) : NULL;
    if (request && !*key) {
        X509_REQ_free(request);
        rest = *in;
        request = request_take(&rest, NULL);
        *key = request ? X509_REQ_get_pubkey(request) : NULL;
    }
    if (request)
        *in = rest;
    ERR_pop_to_mark();
    return request;
}
