/* SPDX-License-Identifier: Apache-2.0 */

/*
 * tls-alpn-01 (RFC 8737): a CA that asks for "acme-tls/1" and nothing else
 * gets a certificate that holds the digest of the key authorization, if there
 * is a challenge for the name.  The challenge record is that of http-01.
 *
 * Such a connection goes on in an SSL_CTX of its own, which knows no other
 * protocol; it opens no session, and requests on it are refused.
 */

#include "ngx_http_latchkey_module.h"
#include <openssl/x509v3.h>


#define NGX_HTTP_LATCHKEY_ACME_ID      "1.3.6.1.5.5.7.1.31"
#define NGX_HTTP_LATCHKEY_ACME_NAME    "ACME challenge"
#define NGX_HTTP_LATCHKEY_ACME_SECONDS 3600      /* before and after now */


static void ngx_http_latchkey_alpn_cleanup(void *data);
static int ngx_http_latchkey_alpn_select(ngx_ssl_conn_t *ssl,
    const u_char **out, u_char *len, const u_char *in, unsigned int in_len,
    void *arg);
static int ngx_http_latchkey_alpn_servername(ngx_ssl_conn_t *ssl, int *alert,
    void *arg);
static int ngx_http_latchkey_alpn_certificate(ngx_ssl_conn_t *ssl, void *arg);
static X509 *ngx_http_latchkey_alpn_make(ngx_http_latchkey_tls_t *tls,
    EVP_PKEY *key);
static int ngx_http_latchkey_alpn_add_name(X509 *x509,
    ngx_http_latchkey_tls_t *tls);
static int ngx_http_latchkey_alpn_add_digest(X509 *x509,
    ngx_http_latchkey_tls_t *tls);


ngx_int_t
ngx_http_latchkey_alpn_init(ngx_conf_t *cf,
    ngx_http_latchkey_main_conf_t *lmcf, SSL_client_hello_cb_fn hello)
{
    ngx_pool_cleanup_t  *cln;

    if (lmcf->acme_ctx != NULL) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    lmcf->acme_ctx = SSL_CTX_new(TLS_server_method());

    if (lmcf->acme_ctx == NULL) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0, "SSL_CTX_new() failed");
        return NGX_ERROR;
    }

    cln->handler = ngx_http_latchkey_alpn_cleanup;
    cln->data = lmcf;

    SSL_CTX_set_alpn_select_cb(lmcf->acme_ctx, ngx_http_latchkey_alpn_select,
                               NULL);
    SSL_CTX_set_tlsext_servername_callback(lmcf->acme_ctx,
                                           ngx_http_latchkey_alpn_servername);
    SSL_CTX_set_cert_cb(lmcf->acme_ctx, ngx_http_latchkey_alpn_certificate,
                        lmcf);

    /* a second ClientHello comes here too */
    SSL_CTX_set_client_hello_cb(lmcf->acme_ctx, hello, lmcf);

    return NGX_OK;
}


static void
ngx_http_latchkey_alpn_cleanup(void *data)
{
    ngx_http_latchkey_main_conf_t  *lmcf = data;

    SSL_CTX_free(lmcf->acme_ctx);
    lmcf->acme_ctx = NULL;
}


ngx_flag_t
ngx_http_latchkey_alpn_is_asked(ngx_ssl_conn_t *ssl)
{
    size_t         len;
    const u_char  *data;

    return SSL_client_hello_get0_ext(ssl,
                              TLSEXT_TYPE_application_layer_protocol_negotiation,
                              &data, &len) == 1
           && edge_alpn_is_acme(slice_of(data, len));
}


ngx_int_t
ngx_http_latchkey_alpn_begin(ngx_http_latchkey_main_conf_t *lmcf,
    ngx_ssl_conn_t *ssl, ngx_http_latchkey_tls_t *tls)
{
    int                  ok;
    ngx_int_t            rc;
    ngx_connection_t    *c;
    struct edge_record   record;

    c = ngx_ssl_get_connection(ssl);

    rc = ngx_http_latchkey_store_begin(&lmcf->store, c->log);

    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_latchkey_store_get_challenge(&lmcf->store, c->log,
                                               edge_host_name_view(&tls->host),
                                               &record);

    if (rc == NGX_OK) {
        ERR_set_mark();

        ok = EVP_Digest(record.body.data, record.body.len, tls->digest, NULL,
                        lmcf->crypto.sha256, NULL) == 1
             && SSL_set_SSL_CTX(ssl, lmcf->acme_ctx) != NULL
             && SSL_set_num_tickets(ssl, 0) == 1;

        ERR_pop_to_mark();

        SSL_set_options(ssl, SSL_OP_NO_TICKET);
        rc = ok ? NGX_OK : NGX_ERROR;
    }

    ngx_http_latchkey_store_end(&lmcf->store);

    return rc;
}


static int
ngx_http_latchkey_alpn_select(ngx_ssl_conn_t *ssl, const u_char **out,
    u_char *len, const u_char *in, unsigned int in_len, void *arg)
{
    static u_char  protocol[] = EDGE_ALPN_ACME;

    *out = protocol;
    *len = sizeof(protocol) - 1;

    return SSL_TLSEXT_ERR_OK;
}


static int
ngx_http_latchkey_alpn_servername(ngx_ssl_conn_t *ssl, int *alert, void *arg)
{
    /* in place of nginx's, which would put its own SSL_CTX back */

    return SSL_TLSEXT_ERR_OK;
}


static int
ngx_http_latchkey_alpn_certificate(ngx_ssl_conn_t *ssl, void *arg)
{
    ngx_http_latchkey_main_conf_t  *lmcf = arg;

    int                       ok;
    X509                     *x509;
    ngx_connection_t         *c;
    ngx_http_latchkey_tls_t  *tls;

    c = ngx_ssl_get_connection(ssl);
    tls = SSL_get_ex_data(ssl, ngx_http_latchkey_ssl_index);

    ERR_set_mark();

    if (lmcf->crypto.acme_key == NULL) {
        lmcf->crypto.acme_key = EVP_EC_gen("P-256");
    }

    x509 = ngx_http_latchkey_alpn_make(tls, lmcf->crypto.acme_key);

    ok = x509 != NULL
         && SSL_use_cert_and_key(ssl, x509, lmcf->crypto.acme_key, NULL, 1)
            == 1;

    X509_free(x509);
    ERR_pop_to_mark();

    if (!ok) {
        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "latchkey: no certificate for tls-alpn-01 of \"%*s\"",
                      tls->host.len, tls->host.text);
    }

    return ok;
}


static X509 *
ngx_http_latchkey_alpn_make(ngx_http_latchkey_tls_t *tls, EVP_PKEY *key)
{
    X509       *x509;
    X509_NAME  *name;

    x509 = X509_new();
    if (x509 == NULL) {
        return NULL;
    }

    name = X509_get_subject_name(x509);

    if (key != NULL
        && X509_set_version(x509, X509_VERSION_3) == 1
        && ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1
        && X509_gmtime_adj(X509_getm_notBefore(x509),
                           -NGX_HTTP_LATCHKEY_ACME_SECONDS)
           != NULL
        && X509_gmtime_adj(X509_getm_notAfter(x509),
                           NGX_HTTP_LATCHKEY_ACME_SECONDS)
           != NULL
        && X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
                                    (u_char *) NGX_HTTP_LATCHKEY_ACME_NAME,
                                    -1, -1, 0)
           == 1
        && X509_set_issuer_name(x509, name) == 1
        && X509_set_pubkey(x509, key) == 1
        && ngx_http_latchkey_alpn_add_name(x509, tls)
        && ngx_http_latchkey_alpn_add_digest(x509, tls)
        && X509_sign(x509, key, EVP_sha256()) > 0)
    {
        return x509;
    }

    X509_free(x509);

    return NULL;
}


static int
ngx_http_latchkey_alpn_add_name(X509 *x509, ngx_http_latchkey_tls_t *tls)
{
    int              ok;
    GENERAL_NAME    *name;
    GENERAL_NAMES   *names;
    ASN1_IA5STRING  *text;

    names = GENERAL_NAMES_new();
    name = GENERAL_NAME_new();
    text = ASN1_IA5STRING_new();

    ok = names != NULL && name != NULL && text != NULL
         && ASN1_STRING_set(text, tls->host.text, (int) tls->host.len) == 1;

    if (ok) {
        GENERAL_NAME_set0_value(name, GEN_DNS, text);
        text = NULL;

        ok = sk_GENERAL_NAME_push(names, name) > 0;
    }

    if (ok) {
        name = NULL;
        ok = X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, 0) == 1;
    }

    ASN1_IA5STRING_free(text);
    GENERAL_NAME_free(name);
    GENERAL_NAMES_free(names);

    return ok;
}


static int
ngx_http_latchkey_alpn_add_digest(X509 *x509, ngx_http_latchkey_tls_t *tls)
{
    int                 ok;
    u_char              value[2 + EDGE_HASH_SIZE];
    ASN1_OBJECT        *id;
    X509_EXTENSION     *extension;
    ASN1_OCTET_STRING  *octets;

    value[0] = V_ASN1_OCTET_STRING;
    value[1] = EDGE_HASH_SIZE;
    ngx_memcpy(value + 2, tls->digest, EDGE_HASH_SIZE);

    id = OBJ_txt2obj(NGX_HTTP_LATCHKEY_ACME_ID, 1);
    octets = ASN1_OCTET_STRING_new();
    extension = NULL;

    if (id != NULL && octets != NULL
        && ASN1_OCTET_STRING_set(octets, value, sizeof(value)) == 1)
    {
        extension = X509_EXTENSION_create_by_OBJ(NULL, id, 1, octets);
    }

    ok = extension != NULL && X509_add_ext(x509, extension, -1) == 1;

    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(octets);
    ASN1_OBJECT_free(id);

    return ok;
}
