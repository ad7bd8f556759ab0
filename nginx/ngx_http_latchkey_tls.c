/* SPDX-License-Identifier: Apache-2.0 */

/*
 * OpenSSL's callbacks: which names are let in, and with which certificate.
 *
 * A name is refused at the ClientHello: that callback runs for resumed
 * sessions too, the certificate callback does not.  All sites share one
 * SSL_CTX, so sessions are bound to the host by their id context: without it
 * a ticket of one site opens another.
 */

#include "ngx_http_latchkey_module.h"
#include <ngx_http_ssl_module.h>


static int ngx_http_latchkey_client_hello(ngx_ssl_conn_t *ssl, int *alert,
    void *arg);
static int ngx_http_latchkey_certificate(ngx_ssl_conn_t *ssl, void *arg);
static ngx_http_latchkey_tls_t *ngx_http_latchkey_sni(ngx_ssl_conn_t *ssl,
    int *alert);
static ngx_int_t ngx_http_latchkey_find_cert(
    ngx_http_latchkey_main_conf_t *lmcf, ngx_log_t *log,
    ngx_http_latchkey_tls_t *tls);
static ngx_int_t ngx_http_latchkey_bind_session(
    ngx_http_latchkey_main_conf_t *lmcf, ngx_ssl_conn_t *ssl,
    ngx_http_latchkey_tls_t *tls);


int  ngx_http_latchkey_ssl_index = -1;


ngx_int_t
ngx_http_latchkey_tls_init(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_http_latchkey_main_conf_t *lmcf)
{
    ngx_http_ssl_srv_conf_t  *sscf;

    sscf = cscf->ctx->srv_conf[ngx_http_ssl_module.ctx_index];

    if (lmcf->store.dir.len == 0 || lmcf->keys_dir.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"latchkey_tls\" needs \"latchkey_lmdb\" and "
                      "\"latchkey_keys\"");
        return NGX_ERROR;
    }

    if (sscf->ssl.ctx == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"latchkey_tls\" needs a \"listen ... ssl\" and "
                      "\"ssl_reject_handshake on\" in %s:%ui",
                      cscf->file_name, cscf->line);
        return NGX_ERROR;
    }

    if (sscf->certificate_values != NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"latchkey_tls\" cannot go with variables in "
                      "\"ssl_certificate\" in %s:%ui",
                      cscf->file_name, cscf->line);
        return NGX_ERROR;
    }

    if (ngx_http_latchkey_ssl_index == -1) {
        ngx_http_latchkey_ssl_index = SSL_get_ex_new_index(0, NULL, NULL, NULL,
                                                           NULL);
    }

    if (ngx_http_latchkey_ssl_index == -1) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_get_ex_new_index() failed");
        return NGX_ERROR;
    }

    /*
     * "ssl_reject_handshake on" makes nginx set up TLS without a certificate.
     * Who is refused is now ours to say.
     */

    sscf->reject_handshake = 0;

    SSL_CTX_set_client_hello_cb(sscf->ssl.ctx, ngx_http_latchkey_client_hello,
                                lmcf);
    SSL_CTX_set_cert_cb(sscf->ssl.ctx, ngx_http_latchkey_certificate, lmcf);

    return ngx_http_latchkey_alpn_init(cf, lmcf,
                                       ngx_http_latchkey_client_hello);
}


static int
ngx_http_latchkey_client_hello(ngx_ssl_conn_t *ssl, int *alert, void *arg)
{
    ngx_http_latchkey_main_conf_t  *lmcf = arg;

    int                       refusal;
    ngx_int_t                 rc;
    ngx_connection_t         *c;
    ngx_http_latchkey_tls_t  *tls;

    c = ngx_ssl_get_connection(ssl);

    tls = ngx_http_latchkey_sni(ssl, alert);
    if (tls == NULL) {
        return SSL_CLIENT_HELLO_ERROR;
    }

    if (tls->acme) {
        refusal = SSL_AD_NO_APPLICATION_PROTOCOL;
        rc = ngx_http_latchkey_alpn_begin(lmcf, ssl, tls);

    } else {
        refusal = SSL_AD_UNRECOGNIZED_NAME;
        rc = ngx_http_latchkey_find_cert(lmcf, c->log, tls);
    }

    if (rc == NGX_DECLINED) {
        *alert = refusal;
        return SSL_CLIENT_HELLO_ERROR;
    }

    if (rc != NGX_OK
        || ngx_http_latchkey_bind_session(lmcf, ssl, tls) != NGX_OK)
    {
        *alert = SSL_AD_INTERNAL_ERROR;
        return SSL_CLIENT_HELLO_ERROR;
    }

    return SSL_CLIENT_HELLO_SUCCESS;
}


static ngx_http_latchkey_tls_t *
ngx_http_latchkey_sni(ngx_ssl_conn_t *ssl, int *alert)
{
    size_t                    len;
    struct slice              name;
    const u_char             *data;
    ngx_connection_t         *c;
    struct edge_host_name     host;
    ngx_http_latchkey_tls_t  *tls;

    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &len)
        != 1)
    {
        *alert = SSL_AD_MISSING_EXTENSION;
        return NULL;
    }

    if (!edge_sni(slice_of(data, len), &name)) {
        *alert = SSL_AD_DECODE_ERROR;
        return NULL;
    }

    if (!edge_host_name(name, &host)) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return NULL;
    }

    tls = SSL_get_ex_data(ssl, ngx_http_latchkey_ssl_index);

    if (tls != NULL) {

        /*
         * a second ClientHello (RFC 8446, 4.1.2) must not change the name,
         * nor turn from tls-alpn-01 to something else
         */

        if (tls->acme != ngx_http_latchkey_alpn_is_asked(ssl)
            || !slice_eq(edge_host_name_view(&tls->host),
                         edge_host_name_view(&host)))
        {
            *alert = SSL_AD_ILLEGAL_PARAMETER;
            return NULL;
        }

        return tls;
    }

    c = ngx_ssl_get_connection(ssl);

    tls = ngx_pcalloc(c->pool, sizeof(ngx_http_latchkey_tls_t));

    if (tls == NULL
        || SSL_set_ex_data(ssl, ngx_http_latchkey_ssl_index, tls) != 1)
    {
        *alert = SSL_AD_INTERNAL_ERROR;
        return NULL;
    }

    tls->host = host;
    tls->acme = ngx_http_latchkey_alpn_is_asked(ssl);

    return tls;
}


static ngx_int_t
ngx_http_latchkey_find_cert(ngx_http_latchkey_main_conf_t *lmcf,
    ngx_log_t *log, ngx_http_latchkey_tls_t *tls)
{
    ngx_int_t            rc;
    struct slice         id;
    struct edge_host     host;
    struct edge_record   record;
    struct edge_preview  preview;

    rc = ngx_http_latchkey_store_begin(&lmcf->store, log);

    if (rc != NGX_OK) {
        return rc;
    }

    if (edge_preview(edge_host_name_view(&tls->host), &preview)) {
        /* the certificate and nothing else: requests get 421 */

        tls->preview = 1;
        id = slice_of(preview.id, preview.len);

    } else {
        rc = ngx_http_latchkey_store_get_host(&lmcf->store, log,
                                              edge_host_name_view(&tls->host),
                                              &host);
        id = host.certificate_id;
    }

    if (rc == NGX_OK) {
        /* an empty id, a host without certificate, is declined too */

        rc = ngx_http_latchkey_store_get(&lmcf->store, log, EDGE_CERTIFICATE,
                                         id, &record);
    }

    if (rc == NGX_OK) {
        tls->cert.len = id.len;
        ngx_memcpy(tls->cert.id, id.data, tls->cert.len);
        tls->cert.epoch = record.epoch;
        tls->cert.rev = record.rev;
    }

    ngx_http_latchkey_store_end(&lmcf->store);

    return rc;
}


static ngx_int_t
ngx_http_latchkey_bind_session(ngx_http_latchkey_main_conf_t *lmcf,
    ngx_ssl_conn_t *ssl, ngx_http_latchkey_tls_t *tls)
{
    int           ok;
    u_char        hash[EDGE_HASH_SIZE];
    unsigned int  len;

    ERR_set_mark();

    ok = EVP_Digest(tls->host.text, tls->host.len, hash, &len,
                    lmcf->crypto.sha256, NULL) == 1
         && SSL_set_session_id_context(ssl, hash, sizeof(hash)) == 1;

    ERR_pop_to_mark();

    return ok ? NGX_OK : NGX_ERROR;
}


static int
ngx_http_latchkey_certificate(ngx_ssl_conn_t *ssl, void *arg)
{
    ngx_http_latchkey_main_conf_t  *lmcf = arg;

    int                        ok;
    ngx_connection_t          *c;
    ngx_http_latchkey_tls_t   *tls;
    ngx_http_latchkey_cert_t  *cert;

    c = ngx_ssl_get_connection(ssl);
    tls = SSL_get_ex_data(ssl, ngx_http_latchkey_ssl_index);

    if (tls == NULL) {
        return 0;
    }

    cert = ngx_http_latchkey_cache_get(lmcf, c->log, &tls->cert);
    if (cert == NULL) {
        return 0;
    }

    ERR_set_mark();

    ok = SSL_use_cert_and_key(ssl, cert->leaf, cert->key,
                              ngx_http_latchkey_cert_chain(cert), 1);

    ERR_pop_to_mark();

    if (ok != 1) {
        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "latchkey: OpenSSL refuses the certificate of \"%*s\"",
                      tls->host.len, tls->host.text);
    }

    return ok == 1;
}
