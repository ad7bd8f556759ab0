/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The nginx side of an edge: glue between nginx, OpenSSL and LMDB.  What a
 * record is and what is done with a request is decided in src/edge.
 */

#ifndef _NGX_HTTP_LATCHKEY_MODULE_H_INCLUDED_
#define _NGX_HTTP_LATCHKEY_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <lmdb.h>
#include <openssl/provider.h>

#include "edge/lookup.h"
#include "tls/seal.h"


#define NGX_HTTP_LATCHKEY_KID_MAX     255
#define NGX_HTTP_LATCHKEY_READERS     512
#define NGX_HTTP_LATCHKEY_LOG_PERIOD  10         /* seconds */
#define NGX_HTTP_LATCHKEY_CHALLENGES  4096       /* looked at, of one host */


typedef struct {
    ngx_str_t                   dir;             /* zero-terminated */
    MDB_env                    *env;             /* NULL: not open (yet) */
    MDB_txn                    *txn;             /* reset between look-ups */
    MDB_dbi                     dbi;
    time_t                      logged;          /* last complaint */
} ngx_http_latchkey_store_t;


typedef struct {
    struct seal_key            *keys[NGX_HTTP_LATCHKEY_KID_MAX + 1];
    EC_GROUP                   *group;           /* P-256 */
    EVP_MD                     *sha256;
    OSSL_LIB_CTX               *null_ctx;        /* NULL: only the slow path */
    OSSL_PROVIDER              *null_provider;
    EVP_PKEY                   *acme_key;        /* NULL until it is needed */
} ngx_http_latchkey_crypto_t;


/* Which certificate record: a new one has another id, or a later rev. */

typedef struct {
    size_t                      len;
    u_char                      id[EDGE_ID_MAX];
    uint64_t                    epoch;
    uint64_t                    rev;
} ngx_http_latchkey_cert_name_t;


typedef struct ngx_http_latchkey_chain_s  ngx_http_latchkey_chain_t;

/* What a handshake needs, parsed.  Owned by the cache. */

typedef struct {
    X509                       *leaf;
    EVP_PKEY                   *key;
    ngx_http_latchkey_chain_t  *chain;
} ngx_http_latchkey_cert_t;


typedef struct {
    size_t                      max;             /* bytes */
    size_t                      used;
    ngx_rbtree_t                tree;
    ngx_rbtree_node_t           sentinel;
    ngx_queue_t                 lru;             /* head: used last */
    ngx_queue_t                 chains;
} ngx_http_latchkey_cache_t;


typedef struct {
    ngx_str_t                   keys_dir;
    size_t                      cache_size;
    ngx_http_latchkey_store_t   store;
    ngx_http_latchkey_crypto_t  crypto;
    ngx_http_latchkey_cache_t   cache;
    SSL_CTX                    *acme_ctx;        /* of tls-alpn-01 */
} ngx_http_latchkey_main_conf_t;


typedef struct {
    ngx_flag_t                  tls;
    ngx_flag_t                  http;
    ngx_uint_t                  https_port;
} ngx_http_latchkey_srv_conf_t;


/* Of one TLS connection; SSL ex_data, in the connection's pool. */

typedef struct {
    struct edge_host_name          host;         /* the SNI */
    ngx_http_latchkey_cert_name_t  cert;
    ngx_flag_t                     preview;      /* the SNI is of edge_preview() */
    ngx_flag_t                     acme;         /* tls-alpn-01 */
    u_char                         digest[EDGE_HASH_SIZE];
} ngx_http_latchkey_tls_t;


/* Of one request that goes on to its origin or is redirected. */

typedef struct {
    ngx_str_t                   origin;          /* address:port */
    ngx_str_t                   site;
    uint32_t                    hsts_max_age;    /* seconds */
    unsigned                    has_hsts:1;
} ngx_http_latchkey_ctx_t;


extern ngx_module_t  ngx_http_latchkey_module;
extern int           ngx_http_latchkey_ssl_index;


/*
 * A look-up: begin, get, copy out, end; all in one go, since a reader that
 * stays keeps the agent from reusing pages.  begin: NGX_OK or NGX_ERROR (not
 * there yet, tried again each time).  get: NGX_OK, NGX_DECLINED (no live
 * record, or a damaged one), NGX_ERROR.  get_challenge: the newest of a host.  Views in the record end with "end".
 */

ngx_int_t ngx_http_latchkey_store_begin(ngx_http_latchkey_store_t *store,
    ngx_log_t *log);
ngx_int_t ngx_http_latchkey_store_get(ngx_http_latchkey_store_t *store,
    ngx_log_t *log, enum edge_kind kind, struct slice key,
    struct edge_record *record);
ngx_int_t ngx_http_latchkey_store_get_host(ngx_http_latchkey_store_t *store,
    ngx_log_t *log, struct slice name, struct edge_host *host);
ngx_int_t ngx_http_latchkey_store_get_settings(
    ngx_http_latchkey_store_t *store, ngx_log_t *log,
    struct edge_settings *settings);
ngx_int_t ngx_http_latchkey_store_get_challenge(
    ngx_http_latchkey_store_t *store, ngx_log_t *log, struct slice host,
    struct edge_record *record);
void ngx_http_latchkey_store_end(ngx_http_latchkey_store_t *store);
void ngx_http_latchkey_store_close(ngx_http_latchkey_store_t *store);

/*
 * Between records and OpenSSL.  init: a failure of the self-test turns the
 * fast path off, any other is NGX_ERROR.  make: leaf and key, which the
 * caller frees.  OpenSSL's error queue is left as it was found.
 */

ngx_int_t ngx_http_latchkey_crypto_init(ngx_http_latchkey_crypto_t *crypto,
    ngx_log_t *log);
void ngx_http_latchkey_crypto_free(ngx_http_latchkey_crypto_t *crypto);
ngx_int_t ngx_http_latchkey_cert_make(ngx_http_latchkey_crypto_t *crypto,
    ngx_log_t *log, struct slice id, const struct edge_certificate *from,
    ngx_http_latchkey_cert_t *cert);
STACK_OF(X509) *ngx_http_latchkey_chain_make(ngx_log_t *log,
    const struct edge_chain *from);

/* get: NULL when the certificate could not be had (logged). */

void ngx_http_latchkey_cache_init(ngx_http_latchkey_cache_t *cache,
    size_t max);
void ngx_http_latchkey_cache_free(ngx_http_latchkey_cache_t *cache);
ngx_http_latchkey_cert_t *ngx_http_latchkey_cache_get(
    ngx_http_latchkey_main_conf_t *lmcf, ngx_log_t *log,
    const ngx_http_latchkey_cert_name_t *name);
STACK_OF(X509) *ngx_http_latchkey_cert_chain(ngx_http_latchkey_cert_t *cert);

ngx_int_t ngx_http_latchkey_tls_init(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_http_latchkey_main_conf_t *lmcf);

/*
 * tls-alpn-01.  is_asked: whether the ClientHello wants it.  begin: takes the
 * connection over; NGX_DECLINED when there is no challenge for its host.
 */

ngx_int_t ngx_http_latchkey_alpn_init(ngx_conf_t *cf,
    ngx_http_latchkey_main_conf_t *lmcf, SSL_client_hello_cb_fn hello);
ngx_flag_t ngx_http_latchkey_alpn_is_asked(ngx_ssl_conn_t *ssl);
ngx_int_t ngx_http_latchkey_alpn_begin(ngx_http_latchkey_main_conf_t *lmcf,
    ngx_ssl_conn_t *ssl, ngx_http_latchkey_tls_t *tls);

ngx_int_t ngx_http_latchkey_handler(ngx_http_request_t *r);

/*
 * redirect: to https://canonical with path and query; its status, or 500.
 * send: finalizes the request, NGX_DONE.  copy: into the request's pool.
 */

ngx_int_t ngx_http_latchkey_redirect(ngx_http_request_t *r,
    struct slice canonical, ngx_int_t status);
ngx_int_t ngx_http_latchkey_send(ngx_http_request_t *r, ngx_int_t status,
    ngx_str_t *type, ngx_str_t *body);
ngx_int_t ngx_http_latchkey_copy(ngx_http_request_t *r, ngx_str_t *to,
    struct slice from);

/* Puts the filter in, once the context of a request can tell of HSTS. */

void ngx_http_latchkey_hsts_init(void);


static ngx_inline struct slice
ngx_http_latchkey_slice(ngx_str_t *s)
{
    return slice_of(s->data, s->len);
}


#endif /* _NGX_HTTP_LATCHKEY_MODULE_H_INCLUDED_ */
