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

static X509 *parse_p256(struct slice der, const unsigned char point[KEY_POINT_SIZE])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = key_of(point);
    X509 *cert;

    pthread_once(&once, make_context);
    cert = parse(der, without_decoders);
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
