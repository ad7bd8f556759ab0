/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Directives, variables, and the life of a worker.
 *
 *     latchkey_lmdb        dir;     http
 *     latchkey_keys        dir;     http: edge-<kid>, 32 octets, not readable
 *                                   by group and others
 *     latchkey_cache_size  size;    http, of each worker, default 64m
 *     latchkey_tls         on|off;  server: certificates out of LMDB; goes
 *                                   with "ssl_reject_handshake on"
 *     latchkey_http        on|off;  http, server: challenges, redirects, 421,
 *                                   $latchkey_origin, $latchkey_site
 *     latchkey_https_port  port;    http, server: as visitors see it, 443
 */

#include "ngx_http_latchkey_module.h"


#define NGX_HTTP_LATCHKEY_CACHE_SIZE  (64 * 1024 * 1024)


static ngx_int_t ngx_http_latchkey_add_variables(ngx_conf_t *cf);
static ngx_int_t ngx_http_latchkey_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static void *ngx_http_latchkey_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_latchkey_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_latchkey_create_srv_conf(ngx_conf_t *cf);
static char *ngx_http_latchkey_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_latchkey_dir(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_latchkey_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_latchkey_read_key(ngx_conf_t *cf,
    ngx_http_latchkey_main_conf_t *lmcf, ngx_uint_t kid);
static void ngx_http_latchkey_wipe_keys(void *data);
static ngx_int_t ngx_http_latchkey_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_latchkey_init_process(ngx_cycle_t *cycle);
static void ngx_http_latchkey_exit_process(ngx_cycle_t *cycle);


static ngx_conf_num_bounds_t  ngx_http_latchkey_port_bounds = {
    ngx_conf_check_num_bounds, 1, 65535
};


static ngx_command_t  ngx_http_latchkey_commands[] = {

    { ngx_string("latchkey_lmdb"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_latchkey_dir,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_latchkey_main_conf_t, store.dir),
      NULL },

    { ngx_string("latchkey_keys"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_latchkey_keys,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_latchkey_main_conf_t, keys_dir),
      NULL },

    { ngx_string("latchkey_cache_size"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_latchkey_main_conf_t, cache_size),
      NULL },

    { ngx_string("latchkey_tls"),
      NGX_HTTP_SRV_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_latchkey_srv_conf_t, tls),
      NULL },

    { ngx_string("latchkey_http"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_latchkey_srv_conf_t, http),
      NULL },

    { ngx_string("latchkey_https_port"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_SRV_CONF_OFFSET,
      offsetof(ngx_http_latchkey_srv_conf_t, https_port),
      &ngx_http_latchkey_port_bounds },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_latchkey_module_ctx = {
    ngx_http_latchkey_add_variables,       /* preconfiguration */
    ngx_http_latchkey_init,                /* postconfiguration */

    ngx_http_latchkey_create_main_conf,    /* create main configuration */
    ngx_http_latchkey_init_main_conf,      /* init main configuration */

    ngx_http_latchkey_create_srv_conf,     /* create server configuration */
    ngx_http_latchkey_merge_srv_conf,      /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_latchkey_module = {
    NGX_MODULE_V1,
    &ngx_http_latchkey_module_ctx,         /* module context */
    ngx_http_latchkey_commands,            /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    ngx_http_latchkey_init_process,        /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_latchkey_exit_process,        /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_http_variable_t  ngx_http_latchkey_vars[] = {

    { ngx_string("latchkey_origin"), NULL, ngx_http_latchkey_variable,
      offsetof(ngx_http_latchkey_ctx_t, origin), 0, 0 },

    { ngx_string("latchkey_site"), NULL, ngx_http_latchkey_variable,
      offsetof(ngx_http_latchkey_ctx_t, site), 0, 0 },

      ngx_http_null_variable
};


static ngx_int_t
ngx_http_latchkey_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_latchkey_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_latchkey_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t                *s;
    ngx_http_latchkey_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r->main, ngx_http_latchkey_module);
    s = ctx == NULL ? NULL : (ngx_str_t *) ((u_char *) ctx + data);

    if (s == NULL || s->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = (unsigned) s->len;
    v->data = s->data;

    return NGX_OK;
}


static void *
ngx_http_latchkey_create_main_conf(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_latchkey_main_conf_t  *lmcf;

    lmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_latchkey_main_conf_t));
    if (lmcf == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_latchkey_wipe_keys;
    cln->data = lmcf;

    lmcf->cache_size = NGX_CONF_UNSET_SIZE;

    return lmcf;
}


static char *
ngx_http_latchkey_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_latchkey_main_conf_t  *lmcf = conf;

    ngx_conf_init_size_value(lmcf->cache_size, NGX_HTTP_LATCHKEY_CACHE_SIZE);

    return NGX_CONF_OK;
}


static void *
ngx_http_latchkey_create_srv_conf(ngx_conf_t *cf)
{
    ngx_http_latchkey_srv_conf_t  *lscf;

    lscf = ngx_pcalloc(cf->pool, sizeof(ngx_http_latchkey_srv_conf_t));
    if (lscf == NULL) {
        return NULL;
    }

    lscf->tls = NGX_CONF_UNSET;
    lscf->http = NGX_CONF_UNSET;
    lscf->https_port = NGX_CONF_UNSET_UINT;

    return lscf;
}


static char *
ngx_http_latchkey_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_latchkey_srv_conf_t  *prev = parent;
    ngx_http_latchkey_srv_conf_t  *conf = child;

    ngx_conf_merge_value(conf->tls, prev->tls, 0);
    ngx_conf_merge_value(conf->http, prev->http, 0);
    ngx_conf_merge_uint_value(conf->https_port, prev->https_port, 443);

    return NGX_CONF_OK;
}


static char *
ngx_http_latchkey_dir(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char       *rv;
    ngx_str_t  *dir;

    rv = ngx_conf_set_str_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    dir = (ngx_str_t *) ((u_char *) conf + cmd->offset);

    return ngx_conf_full_name(cf->cycle, dir, 1) == NGX_OK ? NGX_CONF_OK
                                                           : NGX_CONF_ERROR;
}


/* read by the master, as root or the owner; the workers inherit them */

static char *
ngx_http_latchkey_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_latchkey_main_conf_t  *lmcf = conf;

    char        *rv;
    ngx_int_t    rc;
    ngx_uint_t   kid, found;

    rv = ngx_http_latchkey_dir(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    found = 0;

    for (kid = 1; kid <= NGX_HTTP_LATCHKEY_KID_MAX; kid++) {
        rc = ngx_http_latchkey_read_key(cf, lmcf, kid);

        if (rc == NGX_ERROR) {
            return NGX_CONF_ERROR;
        }

        if (rc == NGX_OK) {
            found++;
        }
    }

    if (found == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no key \"%V/edge-<number>\"", &lmcf->keys_dir);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_latchkey_read_key(ngx_conf_t *cf, ngx_http_latchkey_main_conf_t *lmcf,
    ngx_uint_t kid)
{
    u_char           *path;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_file_info_t   fi;
    struct seal_key  *key;

    path = ngx_pnalloc(cf->temp_pool,
                       lmcf->keys_dir.len + sizeof("/edge-255"));
    if (path == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(path, "%V/edge-%ui%Z", &lmcf->keys_dir, kid);

    fd = ngx_open_file(path, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {

        if (ngx_errno == NGX_ENOENT) {
            return NGX_DECLINED;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%s\" failed", path);
        return NGX_ERROR;
    }

    key = ngx_palloc(cf->pool, sizeof(struct seal_key));

    if (key == NULL || ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        (void) ngx_close_file(fd);
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, key->octets, SEAL_KEY_SIZE);
    (void) ngx_close_file(fd);

    if (n != SEAL_KEY_SIZE || ngx_file_size(&fi) != SEAL_KEY_SIZE
        || ngx_file_access(&fi) & 0077)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%s\" must hold %d octets and be readable by its "
                           "owner only", path, SEAL_KEY_SIZE);
        return NGX_ERROR;
    }

    key->kid = (uint8_t) kid;
    lmcf->crypto.keys[kid] = key;

    return NGX_OK;
}


static void
ngx_http_latchkey_wipe_keys(void *data)
{
    ngx_http_latchkey_main_conf_t  *lmcf = data;

    ngx_uint_t  kid;

    for (kid = 1; kid <= NGX_HTTP_LATCHKEY_KID_MAX; kid++) {
        if (lmcf->crypto.keys[kid] != NULL) {
            OPENSSL_cleanse(lmcf->crypto.keys[kid], sizeof(struct seal_key));
        }
    }
}


static ngx_int_t
ngx_http_latchkey_init(ngx_conf_t *cf)
{
    ngx_uint_t                      s, is_used;
    ngx_http_handler_pt            *h;
    ngx_http_core_srv_conf_t      **cscfp;
    ngx_http_core_main_conf_t      *cmcf;
    ngx_http_latchkey_srv_conf_t   *lscf;
    ngx_http_latchkey_main_conf_t  *lmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    lmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_latchkey_module);

    is_used = 0;
    cscfp = cmcf->servers.elts;

    for (s = 0; s < cmcf->servers.nelts; s++) {
        lscf = cscfp[s]->ctx->srv_conf[ngx_http_latchkey_module.ctx_index];

        is_used |= lscf->http;

        if (lscf->tls
            && ngx_http_latchkey_tls_init(cf, cscfp[s], lmcf) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (!is_used) {
        return NGX_OK;
    }

    if (lmcf->store.dir.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"latchkey_http\" needs \"latchkey_lmdb\"");
        return NGX_ERROR;
    }

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_latchkey_handler;

    ngx_http_latchkey_hsts_init();

    return NGX_OK;
}


static ngx_int_t
ngx_http_latchkey_init_process(ngx_cycle_t *cycle)
{
    ngx_http_latchkey_main_conf_t  *lmcf;

    lmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_latchkey_module);

    if (lmcf == NULL || lmcf->store.dir.len == 0
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    ngx_http_latchkey_cache_init(&lmcf->cache, lmcf->cache_size);

    if (ngx_http_latchkey_crypto_init(&lmcf->crypto, cycle->log) != NGX_OK) {
        return NGX_ERROR;
    }

    /* not there yet is no reason not to start: each request tries again */

    if (ngx_http_latchkey_store_begin(&lmcf->store, cycle->log) == NGX_OK) {
        ngx_http_latchkey_store_end(&lmcf->store);
    }

    return NGX_OK;
}


static void
ngx_http_latchkey_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_latchkey_main_conf_t  *lmcf;

    lmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_latchkey_module);

    if (lmcf == NULL || lmcf->crypto.group == NULL) {
        return;
    }

    ngx_http_latchkey_cache_free(&lmcf->cache);
    ngx_http_latchkey_crypto_free(&lmcf->crypto);
    ngx_http_latchkey_store_close(&lmcf->store);
}
