/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reading LMDB.  The environment is opened in each worker, never before the
 * fork; a worker has one reader slot, renewed for each look-up.
 */

#include "ngx_http_latchkey_module.h"


static ngx_int_t ngx_http_latchkey_store_open(
    ngx_http_latchkey_store_t *store, ngx_log_t *log);
static int ngx_http_latchkey_store_renew(ngx_http_latchkey_store_t *store);
static ngx_int_t ngx_http_latchkey_store_failed(
    ngx_http_latchkey_store_t *store, ngx_log_t *log, const char *what, int rc);


ngx_int_t
ngx_http_latchkey_store_begin(ngx_http_latchkey_store_t *store, ngx_log_t *log)
{
    int  rc;

    if (store->env == NULL) {
        /* the transaction that opens it is the first look-up's */
        return ngx_http_latchkey_store_open(store, log);
    }

    rc = ngx_http_latchkey_store_renew(store);

    if (rc != 0) {
        return ngx_http_latchkey_store_failed(store, log, "mdb_txn_renew()",
                                              rc);
    }

    return NGX_OK;
}


void
ngx_http_latchkey_store_end(ngx_http_latchkey_store_t *store)
{
    mdb_txn_reset(store->txn);
}


static ngx_int_t
ngx_http_latchkey_store_open(ngx_http_latchkey_store_t *store, ngx_log_t *log)
{
    int   rc, dead;
    char *what;

    what = "mdb_env_create()";
    rc = mdb_env_create(&store->env);

    if (rc != 0) {
        store->env = NULL;
        return ngx_http_latchkey_store_failed(store, log, what, rc);
    }

    what = "mdb_env_set_maxreaders()";
    rc = mdb_env_set_maxreaders(store->env, NGX_HTTP_LATCHKEY_READERS);

    if (rc == 0) {
        what = "mdb_env_open()";
        rc = mdb_env_open(store->env, (char *) store->dir.data,
                          MDB_RDONLY|MDB_NOTLS|MDB_NORDAHEAD, 0660);
    }

    if (rc == 0) {
        what = "mdb_reader_check()";
        rc = mdb_reader_check(store->env, &dead);
    }

    if (rc == 0) {
        what = "mdb_txn_begin()";
        rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &store->txn);
    }

    if (rc == 0) {
        what = "mdb_dbi_open()";
        rc = mdb_dbi_open(store->txn, NULL, 0, &store->dbi);
    }

    if (rc != 0) {
        ngx_http_latchkey_store_close(store);
        return ngx_http_latchkey_store_failed(store, log, what, rc);
    }

    store->logged = 0;

    ngx_log_error(NGX_LOG_INFO, log, 0, "latchkey: opened \"%V\"",
                  &store->dir);

    return NGX_OK;
}


static int
ngx_http_latchkey_store_renew(ngx_http_latchkey_store_t *store)
{
    int  rc, dead;

    rc = mdb_txn_renew(store->txn);

    if (rc == MDB_MAP_RESIZED) {
        /* the agent has made the map larger: take its size over */
        rc = mdb_env_set_mapsize(store->env, 0);

        if (rc == 0) {
            rc = mdb_txn_renew(store->txn);
        }
    }

    if (rc == MDB_READERS_FULL) {
        /* slots of killed workers */
        rc = mdb_reader_check(store->env, &dead);

        if (rc == 0) {
            rc = mdb_txn_renew(store->txn);
        }
    }

    return rc;
}


ngx_int_t
ngx_http_latchkey_store_get(ngx_http_latchkey_store_t *store, ngx_log_t *log,
    enum edge_kind kind, struct slice key, struct edge_record *record)
{
    int                 rc;
    MDB_val             db_key, value;
    struct edge_db_key  octets;

    if (!edge_db_key(kind, key, &octets)) {
        return NGX_DECLINED;
    }

    db_key.mv_data = octets.octets;
    db_key.mv_size = octets.len;

    rc = mdb_get(store->txn, store->dbi, &db_key, &value);

    if (rc == MDB_NOTFOUND) {
        return NGX_DECLINED;
    }

    if (rc != 0) {
        return ngx_http_latchkey_store_failed(store, log, "mdb_get()", rc);
    }

    return edge_live_record(slice_of(value.mv_data, value.mv_size), kind,
                            record)
           ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_http_latchkey_store_get_host(ngx_http_latchkey_store_t *store,
    ngx_log_t *log, struct slice name, struct edge_host *host)
{
    ngx_int_t              rc;
    enum edge_fault        fault;
    struct edge_record     record;
    struct edge_host_name  above;

    rc = ngx_http_latchkey_store_get(store, log, EDGE_HOST, name, &record);

    if (rc == NGX_DECLINED && edge_host_above(name, &above)) {
        rc = ngx_http_latchkey_store_get(store, log, EDGE_HOST,
                                         edge_host_name_view(&above), &record);
    }

    if (rc != NGX_OK) {
        return rc;
    }

    fault = edge_host_read(record.body, host);

    if (fault != EDGE_FAULT_NONE) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "latchkey: host record: %s",
                      edge_fault_text(fault));
        return NGX_DECLINED;
    }

    if (slice_eq_str(host->canonical, EDGE_STAR)) {
        /* a wildcard's visitors stay where they are */
        host->canonical = name;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_latchkey_store_get_settings(ngx_http_latchkey_store_t *store,
    ngx_log_t *log, struct edge_settings *settings)
{
    ngx_int_t           rc;
    enum edge_fault     fault;
    struct edge_record  record;

    rc = ngx_http_latchkey_store_get(store, log, EDGE_SETTINGS,
                                     slice_str(EDGE_SETTINGS_KEY), &record);

    if (rc != NGX_OK) {
        return rc;
    }

    fault = edge_settings_read(record.body, settings);

    if (fault != EDGE_FAULT_NONE) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "latchkey: settings record: %s",
                      edge_fault_text(fault));
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_latchkey_store_get_challenge(ngx_http_latchkey_store_t *store,
    ngx_log_t *log, struct slice host, struct edge_record *record)
{
    int                  rc;
    MDB_val              key, value;
    ngx_int_t            found;
    ngx_uint_t           n;
    MDB_cursor          *cursor;
    struct edge_record   one;
    struct edge_db_key   prefix;

    if (!edge_challenge_db_prefix(host, &prefix)) {
        return NGX_DECLINED;
    }

    rc = mdb_cursor_open(store->txn, store->dbi, &cursor);

    if (rc != 0) {
        return ngx_http_latchkey_store_failed(store, log, "mdb_cursor_open()",
                                              rc);
    }

    found = NGX_DECLINED;
    key.mv_data = prefix.octets;
    key.mv_size = prefix.len;

    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);

    for (n = 0; rc == 0 && n < NGX_HTTP_LATCHKEY_CHALLENGES; n++) {

        if (!slice_starts(slice_of(key.mv_data, key.mv_size),
                          edge_db_key_view(&prefix)))
        {
            break;
        }

        if (edge_live_record(slice_of(value.mv_data, value.mv_size),
                             EDGE_CHALLENGE, &one)
            && (found != NGX_OK || edge_record_is_newer(&one, record)))
        {
            *record = one;
            found = NGX_OK;
        }

        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }

    mdb_cursor_close(cursor);

    return found;
}


void
ngx_http_latchkey_store_close(ngx_http_latchkey_store_t *store)
{
    if (store->txn != NULL) {
        mdb_txn_abort(store->txn);
        store->txn = NULL;
    }

    if (store->env != NULL) {
        mdb_env_close(store->env);
        store->env = NULL;
    }
}


static ngx_int_t
ngx_http_latchkey_store_failed(ngx_http_latchkey_store_t *store,
    ngx_log_t *log, const char *what, int rc)
{
    /* every request would say the same */

    if (store->logged == 0
        || ngx_time() - store->logged >= NGX_HTTP_LATCHKEY_LOG_PERIOD)
    {
        store->logged = ngx_time();
        ngx_log_error(NGX_LOG_ERR, log, 0, "latchkey: %s of \"%V\" failed: %s",
                      what, &store->dir, mdb_strerror(rc));
    }

    return NGX_ERROR;
}
