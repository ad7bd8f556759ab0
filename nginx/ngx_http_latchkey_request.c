/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Requests: the two paths that are answered here, who is redirected to https,
 * and which origin the rest goes to.
 */

#include "ngx_http_latchkey_module.h"
#include "edge/answer.h"


static ngx_http_latchkey_tls_t *ngx_http_latchkey_tls(ngx_http_request_t *r);
static ngx_int_t ngx_http_latchkey_challenge(ngx_http_request_t *r,
    ngx_http_latchkey_store_t *store, struct slice host, struct slice token);
static ngx_int_t ngx_http_latchkey_check(ngx_http_request_t *r,
    ngx_http_latchkey_store_t *store, struct slice host, struct slice token);
static ngx_int_t ngx_http_latchkey_answer(ngx_http_request_t *r,
    ngx_http_latchkey_store_t *store, struct slice name);
static ngx_int_t ngx_http_latchkey_find_site(ngx_http_request_t *r,
    ngx_http_latchkey_store_t *store, struct edge_request *request,
    struct edge_host hosts[2]);
static void ngx_http_latchkey_set_hsts(ngx_http_request_t *r,
    ngx_http_latchkey_ctx_t *ctx, const struct edge_host *host);
static ngx_int_t ngx_http_latchkey_go_on(ngx_http_request_t *r,
    ngx_http_latchkey_store_t *store, ngx_http_latchkey_ctx_t *ctx,
    const struct edge_host *host);


static ngx_str_t  ngx_http_latchkey_text = ngx_string("text/plain");
static ngx_str_t  ngx_http_latchkey_octets =
    ngx_string("application/octet-stream");
static ngx_str_t  ngx_http_latchkey_not_found = ngx_string("404 not found\n");
static ngx_str_t  ngx_http_latchkey_misdirected =
    ngx_string("421 misdirected request\n");


ngx_int_t
ngx_http_latchkey_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    struct slice                    name, token;
    enum edge_path                  path;
    struct edge_host_name           host;
    ngx_http_latchkey_tls_t        *tls;
    ngx_http_latchkey_main_conf_t  *lmcf;
    ngx_http_latchkey_srv_conf_t   *lscf;

    lscf = ngx_http_get_module_srv_conf(r, ngx_http_latchkey_module);

    if (!lscf->http || r != r->main) {
        return NGX_DECLINED;
    }

    tls = ngx_http_latchkey_tls(r);

    if (tls != NULL && (tls->preview || tls->acme)) {
        return ngx_http_latchkey_send(r, NGX_HTTP_MISDIRECTED_REQUEST,
                                      &ngx_http_latchkey_text,
                                      &ngx_http_latchkey_misdirected);
    }

    lmcf = ngx_http_get_module_main_conf(r, ngx_http_latchkey_module);

    name = slice_of(NULL, 0);

    if (edge_host_name(ngx_http_latchkey_slice(&r->headers_in.server), &host))
    {
        name = edge_host_name_view(&host);
    }

    path = edge_path(ngx_http_latchkey_slice(&r->uri), &token);

    if (path == EDGE_PATH_CHALLENGE) {
        return ngx_http_latchkey_challenge(r, &lmcf->store, name, token);
    }

    if (path == EDGE_PATH_CHECK && r->connection->ssl == NULL) {
        return ngx_http_latchkey_check(r, &lmcf->store, name, token);
    }

    if (ngx_http_latchkey_store_begin(&lmcf->store, r->connection->log)
        != NGX_OK)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    rc = ngx_http_latchkey_answer(r, &lmcf->store, name);

    ngx_http_latchkey_store_end(&lmcf->store);

    if (rc == NGX_HTTP_NOT_FOUND) {
        return ngx_http_latchkey_send(r, rc, &ngx_http_latchkey_text,
                                      &ngx_http_latchkey_not_found);
    }

    if (rc == NGX_HTTP_MISDIRECTED_REQUEST) {
        return ngx_http_latchkey_send(r, rc, &ngx_http_latchkey_text,
                                      &ngx_http_latchkey_misdirected);
    }

    return rc;
}


/* NULL: not over TLS, or with a certificate of nginx's own */

static ngx_http_latchkey_tls_t *
ngx_http_latchkey_tls(ngx_http_request_t *r)
{
    if (r->connection->ssl == NULL || ngx_http_latchkey_ssl_index == -1) {
        return NULL;
    }

    return SSL_get_ex_data(r->connection->ssl->connection,
                           ngx_http_latchkey_ssl_index);
}


/* http-01 (RFC 8555, 8.3): for a stored host and token only */

static ngx_int_t
ngx_http_latchkey_challenge(ngx_http_request_t *r,
    ngx_http_latchkey_store_t *store, struct slice host, struct slice token)
{
    ngx_int_t           rc;
    ngx_str_t           body;
    struct edge_record  record;
    struct edge_db_key  key;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (host.len == 0 || !edge_challenge_db_key(host, token, &key)) {
        return ngx_http_latchkey_send(r, NGX_HTTP_NOT_FOUND,
                                      &ngx_http_latchkey_text,
                                      &ngx_http_latchkey_not_found);
    }

    if (ngx_http_latchkey_store_begin(store, r->connection->log) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    /* the kind is the first octet of the key */

    rc = ngx_http_latchkey_store_get(store, r->connection->log,
                                     EDGE_CHALLENGE,
                                     slice_of(key.octets + 1, key.len - 1),
                                     &record);

    if (rc == NGX_OK) {
        rc = ngx_http_latchkey_copy(r, &body, record.body);
    }

    ngx_http_latchkey_store_end(store);

    if (rc == NGX_OK) {
        return ngx_http_latchkey_send(r, NGX_HTTP_OK,
                                      &ngx_http_latchkey_octets, &body);
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_latchkey_send(r, NGX_HTTP_NOT_FOUND,
                                      &ngx_http_latchkey_text,
                                      &ngx_http_latchkey_not_found);
    }

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/*
 * "Is this one of ours?": answered for every Host, without looking anything
 * up, by HMAC-SHA-256(check key, host "/" token)
 */

static ngx_int_t
ngx_http_latchkey_check(ngx_http_request_t *r,
    ngx_http_latchkey_store_t *store, struct slice host, struct slice token)
{
    u_char                text[EDGE_HOST_MAX + 1 + EDGE_CHECK_TOKEN_MAX], *p;
    u_char                mac[EDGE_HASH_SIZE], hex[2 * EDGE_HASH_SIZE];
    ngx_int_t             rc;
    ngx_str_t             body;
    unsigned int          len;
    struct edge_settings  settings;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (host.len == 0 || !edge_check_token_is_valid(token)) {
        return ngx_http_latchkey_send(r, NGX_HTTP_NOT_FOUND,
                                      &ngx_http_latchkey_text,
                                      &ngx_http_latchkey_not_found);
    }

    if (ngx_http_latchkey_store_begin(store, r->connection->log) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    p = ngx_cpymem(text, host.data, host.len);
    *p++ = '/';
    p = ngx_cpymem(p, token.data, token.len);

    rc = ngx_http_latchkey_store_get_settings(store, r->connection->log,
                                              &settings);

    if (rc == NGX_OK) {
        ERR_set_mark();

        if (HMAC(EVP_sha256(), settings.check_key.data,
                 (int) settings.check_key.len, text, (size_t) (p - text), mac,
                 &len)
            == NULL)
        {
            rc = NGX_ERROR;
        }

        ERR_pop_to_mark();
    }

    ngx_http_latchkey_store_end(store);

    if (rc != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ngx_hex_dump(hex, mac, sizeof(mac));

    if (ngx_http_latchkey_copy(r, &body, slice_of(hex, sizeof(hex)))
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_latchkey_send(r, NGX_HTTP_OK, &ngx_http_latchkey_text,
                                  &body);
}


/* inside a look-up: NGX_DECLINED to go on to the origin, or a status */

static ngx_int_t
ngx_http_latchkey_answer(ngx_http_request_t *r,
    ngx_http_latchkey_store_t *store, struct slice name)
{
    int                       status;
    ngx_int_t                 rc;
    struct edge_host          hosts[2];
    struct edge_request       request;
    ngx_http_latchkey_ctx_t  *ctx;

    ngx_memzero(&request, sizeof(struct edge_request));

    request.is_https = r->connection->ssl != NULL;
    request.is_safe = (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) != 0;
    request.host_name = name;

    rc = ngx_http_latchkey_find_site(r, store, &request, hosts);
    if (rc != NGX_OK) {
        return rc;
    }

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_latchkey_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_set_ctx(r, ctx, ngx_http_latchkey_module);

    switch (edge_answer(&request, &status)) {

    case EDGE_ANSWER_PROXY:
        return ngx_http_latchkey_go_on(r, store, ctx, request.host);

    case EDGE_ANSWER_REDIRECT:
        ngx_http_latchkey_set_hsts(r, ctx, request.host);

        return ngx_http_latchkey_redirect(r, request.host->canonical, status);

    case EDGE_ANSWER_NOT_FOUND:
    case EDGE_ANSWER_MISDIRECTED:
        return status;
    }

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* the records of the Host and, over TLS, of the SNI; [0] and [1] of hosts */

static ngx_int_t
ngx_http_latchkey_find_site(ngx_http_request_t *r,
    ngx_http_latchkey_store_t *store, struct edge_request *request,
    struct edge_host hosts[2])
{
    ngx_int_t                 rc;
    struct slice              sni;
    ngx_http_latchkey_tls_t  *tls;

    rc = ngx_http_latchkey_store_get_host(store, r->connection->log,
                                          request->host_name, &hosts[0]);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_OK) {
        request->host = &hosts[0];
    }

    if (!request->is_https) {
        return NGX_OK;
    }

    tls = ngx_http_latchkey_tls(r);

    if (tls == NULL) {
        /* a server with a certificate of nginx's own: no site */
        return NGX_OK;
    }

    sni = edge_host_name_view(&tls->host);

    if (slice_eq(sni, request->host_name)) {

        if (request->host != NULL) {
            request->sni_site_id = request->host->site_id;
        }

        return NGX_OK;
    }

    rc = ngx_http_latchkey_store_get_host(store, r->connection->log, sni,
                                          &hosts[1]);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_OK) {
        request->sni_site_id = hosts[1].site_id;
    }

    return NGX_OK;
}


/* never over http (RFC 6797, 7.2) */

static void
ngx_http_latchkey_set_hsts(ngx_http_request_t *r, ngx_http_latchkey_ctx_t *ctx,
    const struct edge_host *host)
{
    if (r->connection->ssl && host->flags & EDGE_HOST_HSTS) {
        ctx->has_hsts = 1;
        ctx->hsts_max_age = host->hsts_max_age_s;
    }
}


static ngx_int_t
ngx_http_latchkey_go_on(ngx_http_request_t *r,
    ngx_http_latchkey_store_t *store, ngx_http_latchkey_ctx_t *ctx,
    const struct edge_host *host)
{
    ngx_int_t             rc;
    ngx_str_t             id;
    struct slice          address;
    struct edge_settings  settings;

    rc = ngx_http_latchkey_store_get_settings(store, r->connection->log,
                                              &settings);

    if (rc != NGX_OK
        || !edge_origin_find(&settings, host->origin_id, &address))
    {
        id.len = host->origin_id.len;
        id.data = (u_char *) host->origin_id.data;

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "latchkey: no address for origin \"%V\"", &id);

        return NGX_HTTP_BAD_GATEWAY;
    }

    ngx_http_latchkey_set_hsts(r, ctx, host);

    if (ngx_http_latchkey_copy(r, &ctx->origin, address) != NGX_OK
        || ngx_http_latchkey_copy(r, &ctx->site, host->site_id) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}
