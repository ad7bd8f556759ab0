/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From a certificate record to OpenSSL's objects.
 *
 * OpenSSL 3.0 spends most of its time on a certificate in finding a decoder
 * for the public key.  The fast path reads the leaf in a library context that
 * has no decoders, makes the key from its scalar and the point at the place
 * that the record tells, and puts that key into the leaf.  This rests on how
 * OpenSSL behaves, not on what it promises: a self-test turns the path off,
 * and a leaf that is not encoded again octet for octet takes the slow one.
 */

#include "ngx_http_latchkey_module.h"
#include <openssl/core_names.h>


#define NGX_HTTP_LATCHKEY_SCALAR_SIZE  32


static void ngx_http_latchkey_null_ctx_free(
    ngx_http_latchkey_crypto_t *crypto);
static EVP_PKEY *ngx_http_latchkey_p256_key(
    ngx_http_latchkey_crypto_t *crypto, const u_char *scalar,
    const u_char *point);
static X509 *ngx_http_latchkey_leaf_fast(ngx_http_latchkey_crypto_t *crypto,
    struct slice der, EVP_PKEY *key);
static X509 *ngx_http_latchkey_leaf_slow(struct slice der);
static ngx_int_t ngx_http_latchkey_is_encoded_as(X509 *x509,
    struct slice der);
static ngx_int_t ngx_http_latchkey_cert_parse(
    ngx_http_latchkey_crypto_t *crypto, const struct edge_certificate *from,
    struct slice secret, ngx_http_latchkey_cert_t *cert);
static ngx_int_t ngx_http_latchkey_self_test(
    ngx_http_latchkey_crypto_t *crypto);


ngx_int_t
ngx_http_latchkey_crypto_init(ngx_http_latchkey_crypto_t *crypto,
    ngx_log_t *log)
{
    ERR_set_mark();

    crypto->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    crypto->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);

    if (crypto->group == NULL || crypto->sha256 == NULL) {
        ERR_pop_to_mark();
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "latchkey: OpenSSL has no P-256 or SHA-256");
        return NGX_ERROR;
    }

    crypto->null_ctx = OSSL_LIB_CTX_new();

    if (crypto->null_ctx != NULL) {
        crypto->null_provider = OSSL_PROVIDER_load(crypto->null_ctx, "null");
    }

    if (crypto->null_provider == NULL
        || ngx_http_latchkey_self_test(crypto) != NGX_OK)
    {
        ngx_http_latchkey_null_ctx_free(crypto);

        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "latchkey: the fast reading of certificates does not "
                      "work with this OpenSSL, using the slow one");
    }

    ERR_pop_to_mark();

    return NGX_OK;
}


void
ngx_http_latchkey_crypto_free(ngx_http_latchkey_crypto_t *crypto)
{
    ngx_http_latchkey_null_ctx_free(crypto);
    EC_GROUP_free(crypto->group);
    EVP_MD_free(crypto->sha256);
    EVP_PKEY_free(crypto->acme_key);

    crypto->group = NULL;
    crypto->sha256 = NULL;
    crypto->acme_key = NULL;
}


static void
ngx_http_latchkey_null_ctx_free(ngx_http_latchkey_crypto_t *crypto)
{
    if (crypto->null_provider != NULL) {
        (void) OSSL_PROVIDER_unload(crypto->null_provider);
        crypto->null_provider = NULL;
    }

    OSSL_LIB_CTX_free(crypto->null_ctx);
    crypto->null_ctx = NULL;
}


ngx_int_t
ngx_http_latchkey_cert_make(ngx_http_latchkey_crypto_t *crypto, ngx_log_t *log,
    struct slice id, const struct edge_certificate *from,
    ngx_http_latchkey_cert_t *cert)
{
    size_t             len;
    u_char             secret[SEAL_PLAIN_MAX];
    uint8_t            kid;
    ngx_str_t          name;
    ngx_int_t          rc;
    enum seal_result   sealed;
    struct seal_label  label;

    name.len = id.len;
    name.data = (u_char *) id.data;

    if (!seal_kid(from->sealed_key, &kid) || crypto->keys[kid] == NULL) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "latchkey: no key to open certificate \"%V\" with",
                      &name);
        return NGX_ERROR;
    }

    label.kind = SEAL_CERTIFICATE_KEY;
    label.owner = id;

    sealed = seal_open(crypto->keys[kid], &label, from->sealed_key, secret,
                       sizeof(secret), &len);

    if (sealed != SEAL_OK) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "latchkey: could not open the key of certificate "
                      "\"%V\": %s", &name, seal_result_text(sealed));
        return NGX_ERROR;
    }

    ERR_set_mark();

    rc = ngx_http_latchkey_cert_parse(crypto, from, slice_of(secret, len),
                                      cert);

    ERR_pop_to_mark();
    OPENSSL_cleanse(secret, sizeof(secret));

    if (rc != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "latchkey: certificate \"%V\" or its key cannot be read",
                      &name);
    }

    return rc;
}


static ngx_int_t
ngx_http_latchkey_cert_parse(ngx_http_latchkey_crypto_t *crypto,
    const struct edge_certificate *from, struct slice secret,
    ngx_http_latchkey_cert_t *cert)
{
    X509          *leaf;
    EVP_PKEY      *key;
    const u_char  *p;

    leaf = NULL;

    if (from->key_type == EDGE_KEY_P256) {

        if (secret.len != NGX_HTTP_LATCHKEY_SCALAR_SIZE) {
            return NGX_ERROR;
        }

        key = ngx_http_latchkey_p256_key(crypto, secret.data,
                                         from->leaf.data + from->point_offset);

        if (key != NULL && crypto->null_ctx != NULL) {
            leaf = ngx_http_latchkey_leaf_fast(crypto, from->leaf, key);
        }

    } else {
        p = secret.data;
        key = d2i_AutoPrivateKey(NULL, &p, (long) secret.len);
    }

    if (key == NULL) {
        return NGX_ERROR;
    }

    if (leaf == NULL) {
        leaf = ngx_http_latchkey_leaf_slow(from->leaf);
    }

    if (leaf == NULL) {
        EVP_PKEY_free(key);
        return NGX_ERROR;
    }

    cert->leaf = leaf;
    cert->key = key;

    return NGX_OK;
}


static EVP_PKEY *
ngx_http_latchkey_p256_key(ngx_http_latchkey_crypto_t *crypto,
    const u_char *scalar, const u_char *point)
{
    BIGNUM    *number;
    EC_KEY    *ec;
    EVP_PKEY  *key;

    ec = EC_KEY_new();
    key = EVP_PKEY_new();
    number = BN_bin2bn(scalar, NGX_HTTP_LATCHKEY_SCALAR_SIZE, NULL);

    if (ec == NULL || key == NULL || number == NULL
        || EC_KEY_set_group(ec, crypto->group) != 1
        || EC_KEY_set_private_key(ec, number) != 1
        || EC_KEY_oct2key(ec, point, EDGE_POINT_SIZE, NULL) != 1
        || EVP_PKEY_assign_EC_KEY(key, ec) != 1)
    {
        EC_KEY_free(ec);
        EVP_PKEY_free(key);
        key = NULL;
    }

    BN_clear_free(number);

    return key;
}


static X509 *
ngx_http_latchkey_leaf_fast(ngx_http_latchkey_crypto_t *crypto,
    struct slice der, EVP_PKEY *key)
{
    X509          *leaf, *read;
    const u_char  *p;

    leaf = X509_new_ex(crypto->null_ctx, NULL);
    if (leaf == NULL) {
        return NULL;
    }

    p = der.data;
    read = leaf;

    if (d2i_X509(&read, &p, (long) der.len) == NULL) {
        /* it has been freed */
        return NULL;
    }

    if (X509_set_pubkey(leaf, key) != 1
        || ngx_http_latchkey_is_encoded_as(leaf, der) != NGX_OK)
    {
        X509_free(leaf);
        return NULL;
    }

    /*
     * Read the extensions now: it looks for a digest that this context has
     * not, and what that leaves in the error queue ends at the caller's mark
     */

    (void) X509_check_purpose(leaf, -1, 0);

    return leaf;
}


static X509 *
ngx_http_latchkey_leaf_slow(struct slice der)
{
    X509          *leaf;
    const u_char  *p;

    p = der.data;
    leaf = d2i_X509(NULL, &p, (long) der.len);

    if (leaf != NULL && p != der.data + der.len) {
        X509_free(leaf);
        return NULL;
    }

    return leaf;
}


static ngx_int_t
ngx_http_latchkey_is_encoded_as(X509 *x509, struct slice der)
{
    int        len;
    u_char    *out;
    ngx_int_t  rc;

    out = NULL;
    len = i2d_X509(x509, &out);

    if (len <= 0) {
        return NGX_ERROR;
    }

    rc = ((size_t) len == der.len && ngx_memcmp(out, der.data, der.len) == 0)
         ? NGX_OK : NGX_DECLINED;

    OPENSSL_free(out);

    return rc;
}


STACK_OF(X509) *
ngx_http_latchkey_chain_make(ngx_log_t *log, const struct edge_chain *from)
{
    X509            *x509;
    size_t           i;
    STACK_OF(X509)  *chain;

    ERR_set_mark();

    chain = sk_X509_new_reserve(NULL, (int) from->count);

    for (i = 0; chain != NULL && i < from->count; i++) {
        x509 = ngx_http_latchkey_leaf_slow(from->der[i]);

        if (x509 == NULL || sk_X509_push(chain, x509) == 0) {
            X509_free(x509);
            sk_X509_pop_free(chain, X509_free);
            chain = NULL;
        }
    }

    ERR_pop_to_mark();

    if (chain == NULL) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "latchkey: a certificate chain cannot be read");
    }

    return chain;
}


/*
 * A certificate of our own, once through the fast path: is it encoded as
 * before, is its public key the one that a plain reader finds, does the key
 * sign what that one verifies?
 */

static ngx_int_t
ngx_http_latchkey_self_test_read(ngx_http_latchkey_crypto_t *crypto,
    struct slice der, EVP_PKEY *key)
{
    int          ok;
    X509        *fast, *plain;
    u_char       signature[128];
    size_t       len;
    EVP_MD_CTX  *sign, *verify;

    static const u_char  text[] = "latchkey";

    len = sizeof(signature);

    fast = ngx_http_latchkey_leaf_fast(crypto, der, key);
    plain = ngx_http_latchkey_leaf_slow(der);
    sign = EVP_MD_CTX_new();
    verify = EVP_MD_CTX_new();

    ok = fast != NULL && plain != NULL && sign != NULL && verify != NULL
         && X509_get0_pubkey(fast) == key
         && EVP_PKEY_eq(X509_get0_pubkey(plain), key) == 1
         && EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, key) == 1
         && EVP_DigestSign(sign, signature, &len, text, sizeof(text)) == 1
         && EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL,
                                 X509_get0_pubkey(plain)) == 1
         && EVP_DigestVerify(verify, signature, len, text, sizeof(text)) == 1;

    X509_free(fast);
    X509_free(plain);
    EVP_MD_CTX_free(sign);
    EVP_MD_CTX_free(verify);

    return ok ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_latchkey_self_test_sign(X509 *x509, EVP_PKEY *key)
{
    return X509_set_version(x509, X509_VERSION_3) == 1
           && ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1
           && X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN",
                                         MBSTRING_ASC, (u_char *) "self-test",
                                         -1, -1, 0) == 1
           && X509_gmtime_adj(X509_getm_notBefore(x509), 0) != NULL
           && X509_gmtime_adj(X509_getm_notAfter(x509), 60) != NULL
           && X509_set_pubkey(x509, key) == 1
           && X509_sign(x509, key, EVP_sha256()) > 0
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_latchkey_self_test(ngx_http_latchkey_crypto_t *crypto)
{
    int        len;
    X509      *x509;
    BIGNUM    *scalar;
    u_char    *der, secret[NGX_HTTP_LATCHKEY_SCALAR_SIZE];
    u_char     point[EDGE_POINT_SIZE];
    size_t     n;
    EVP_PKEY  *made, *key;
    ngx_int_t  rc;

    rc = NGX_ERROR;
    der = NULL;
    key = NULL;
    scalar = NULL;
    n = 0;

    made = EVP_EC_gen("P-256");
    x509 = X509_new();

    if (made == NULL || x509 == NULL
        || EVP_PKEY_get_bn_param(made, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) != 1
        || BN_bn2binpad(scalar, secret, sizeof(secret)) != sizeof(secret)
        || EVP_PKEY_get_octet_string_param(made, OSSL_PKEY_PARAM_PUB_KEY,
                                           point, sizeof(point), &n) != 1)
    {
        goto done;
    }

    if (n != EDGE_POINT_SIZE
        || ngx_http_latchkey_self_test_sign(x509, made) != NGX_OK)
    {
        goto done;
    }

    len = i2d_X509(x509, &der);
    key = ngx_http_latchkey_p256_key(crypto, secret, point);

    if (len > 0 && key != NULL) {
        rc = ngx_http_latchkey_self_test_read(crypto,
                                              slice_of(der, (size_t) len),
                                              key);
    }

done:

    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_free(der);
    BN_clear_free(scalar);
    EVP_PKEY_free(key);
    EVP_PKEY_free(made);
    X509_free(x509);

    return rc;
}
