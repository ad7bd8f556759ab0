/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Parsed certificates, the least recently used out first, bounded in bytes.
 * There is nothing to invalidate: LMDB is asked at every handshake, and an
 * entry is used only while its record is the one that stands there.  Chains
 * are shared by their hash, and live as long as a certificate has them.
 */

#include "ngx_http_latchkey_module.h"


/*
 * What OpenSSL 3.0 allocates for a P-256 certificate, measured: 9.4 kB with a
 * leaf of 871 octets.
 */

#define NGX_HTTP_LATCHKEY_CERT_BYTES       7000
#define NGX_HTTP_LATCHKEY_BYTES_PER_OCTET  3


struct ngx_http_latchkey_chain_s {
    ngx_queue_t                queue;
    ngx_uint_t                 refs;
    size_t                     size;
    STACK_OF(X509)            *certs;
    u_char                     hash[EDGE_HASH_SIZE];
};


typedef struct {
    ngx_str_node_t             node;             /* key: certificate id */
    ngx_queue_t                queue;
    size_t                     size;
    uint64_t                   epoch;
    uint64_t                   rev;
    ngx_http_latchkey_cert_t   cert;
    u_char                     id[EDGE_ID_MAX];
} ngx_http_latchkey_entry_t;


static ngx_http_latchkey_entry_t *ngx_http_latchkey_cache_find(
    ngx_http_latchkey_cache_t *cache,
    const ngx_http_latchkey_cert_name_t *name);
static ngx_http_latchkey_entry_t *ngx_http_latchkey_cache_load(
    ngx_http_latchkey_main_conf_t *lmcf, ngx_log_t *log,
    const ngx_http_latchkey_cert_name_t *name);
static ngx_int_t ngx_http_latchkey_cache_read(
    ngx_http_latchkey_main_conf_t *lmcf, ngx_log_t *log,
    ngx_http_latchkey_entry_t *entry);
static ngx_http_latchkey_chain_t *ngx_http_latchkey_chain_find(
    ngx_http_latchkey_cache_t *cache, struct slice hash);
static ngx_http_latchkey_chain_t *ngx_http_latchkey_chain_get(
    ngx_http_latchkey_main_conf_t *lmcf, ngx_log_t *log, struct slice hash);
static void ngx_http_latchkey_chain_drop(ngx_http_latchkey_cache_t *cache,
    ngx_http_latchkey_chain_t *chain);
static void ngx_http_latchkey_cache_drop(ngx_http_latchkey_cache_t *cache,
    ngx_http_latchkey_entry_t *entry);
static void ngx_http_latchkey_cache_shrink(ngx_http_latchkey_cache_t *cache,
    size_t max);


void
ngx_http_latchkey_cache_init(ngx_http_latchkey_cache_t *cache, size_t max)
{
    cache->max = max;
    cache->used = 0;

    ngx_rbtree_init(&cache->tree, &cache->sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&cache->lru);
    ngx_queue_init(&cache->chains);
}


void
ngx_http_latchkey_cache_free(ngx_http_latchkey_cache_t *cache)
{
    ngx_http_latchkey_cache_shrink(cache, 0);
}


ngx_http_latchkey_cert_t *
ngx_http_latchkey_cache_get(ngx_http_latchkey_main_conf_t *lmcf,
    ngx_log_t *log, const ngx_http_latchkey_cert_name_t *name)
{
    ngx_http_latchkey_cache_t  *cache;
    ngx_http_latchkey_entry_t  *entry;

    cache = &lmcf->cache;
    entry = ngx_http_latchkey_cache_find(cache, name);

    if (entry != NULL) {

        if (entry->epoch == name->epoch && entry->rev == name->rev) {
            ngx_queue_remove(&entry->queue);
            ngx_queue_insert_head(&cache->lru, &entry->queue);
            return &entry->cert;
        }

        ngx_http_latchkey_cache_drop(cache, entry);
    }

    entry = ngx_http_latchkey_cache_load(lmcf, log, name);

    if (entry == NULL) {
        return NULL;
    }

    /* room first, so that the new one is kept however large it is */

    ngx_http_latchkey_cache_shrink(cache, cache->max > entry->size
                                          ? cache->max - entry->size : 0);

    ngx_rbtree_insert(&cache->tree, &entry->node.node);
    ngx_queue_insert_head(&cache->lru, &entry->queue);
    cache->used += entry->size;

    return &entry->cert;
}


STACK_OF(X509) *
ngx_http_latchkey_cert_chain(ngx_http_latchkey_cert_t *cert)
{
    return cert->chain->certs;
}


static ngx_http_latchkey_entry_t *
ngx_http_latchkey_cache_find(ngx_http_latchkey_cache_t *cache,
    const ngx_http_latchkey_cert_name_t *name)
{
    ngx_str_t        id;
    ngx_str_node_t  *node;

    id.len = name->len;
    id.data = (u_char *) name->id;

    node = ngx_str_rbtree_lookup(&cache->tree, &id,
                                 ngx_crc32_short(id.data, id.len));

    return node == NULL
           ? NULL
           : (ngx_http_latchkey_entry_t *)
                 ((u_char *) node - offsetof(ngx_http_latchkey_entry_t, node));
}


static ngx_http_latchkey_entry_t *
ngx_http_latchkey_cache_load(ngx_http_latchkey_main_conf_t *lmcf,
    ngx_log_t *log, const ngx_http_latchkey_cert_name_t *name)
{
    ngx_int_t                   rc;
    ngx_http_latchkey_entry_t  *entry;

    entry = ngx_calloc(sizeof(ngx_http_latchkey_entry_t), log);
    if (entry == NULL) {
        return NULL;
    }

    ngx_memcpy(entry->id, name->id, name->len);
    entry->node.str.len = name->len;
    entry->node.str.data = entry->id;
    entry->node.node.key = ngx_crc32_short(entry->id, name->len);

    if (ngx_http_latchkey_store_begin(&lmcf->store, log) != NGX_OK) {
        ngx_free(entry);
        return NULL;
    }

    rc = ngx_http_latchkey_cache_read(lmcf, log, entry);

    ngx_http_latchkey_store_end(&lmcf->store);

    if (rc != NGX_OK) {
        ngx_free(entry);
        return NULL;
    }

    return entry;
}


static ngx_int_t
ngx_http_latchkey_cache_read(ngx_http_latchkey_main_conf_t *lmcf,
    ngx_log_t *log, ngx_http_latchkey_entry_t *entry)
{
    struct slice             id;
    enum edge_fault          fault;
    struct edge_record       record;
    struct edge_certificate  from;

    id = ngx_http_latchkey_slice(&entry->node.str);

    if (ngx_http_latchkey_store_get(&lmcf->store, log, EDGE_CERTIFICATE, id,
                                    &record)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    fault = edge_certificate_read(record.body, &from);

    if (fault != EDGE_FAULT_NONE) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "latchkey: certificate record \"%V\": %s",
                      &entry->node.str, edge_fault_text(fault));
        return NGX_ERROR;
    }

    entry->cert.chain = ngx_http_latchkey_chain_get(lmcf, log,
                                                    from.chain_hash);
    if (entry->cert.chain == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_latchkey_cert_make(&lmcf->crypto, log, id, &from,
                                    &entry->cert)
        != NGX_OK)
    {
        ngx_http_latchkey_chain_drop(&lmcf->cache, entry->cert.chain);
        return NGX_ERROR;
    }

    entry->epoch = record.epoch;
    entry->rev = record.rev;
    entry->size = sizeof(ngx_http_latchkey_entry_t)
                  + NGX_HTTP_LATCHKEY_CERT_BYTES
                  + NGX_HTTP_LATCHKEY_BYTES_PER_OCTET
                    * (from.leaf.len + from.sealed_key.len);

    return NGX_OK;
}


/* they are few: one for each intermediate of the CAs in use */

static ngx_http_latchkey_chain_t *
ngx_http_latchkey_chain_find(ngx_http_latchkey_cache_t *cache,
    struct slice hash)
{
    ngx_queue_t                *q;
    ngx_http_latchkey_chain_t  *chain;

    for (q = ngx_queue_head(&cache->chains);
         q != ngx_queue_sentinel(&cache->chains);
         q = ngx_queue_next(q))
    {
        chain = ngx_queue_data(q, ngx_http_latchkey_chain_t, queue);

        if (ngx_memcmp(chain->hash, hash.data, EDGE_HASH_SIZE) == 0) {
            return chain;
        }
    }

    return NULL;
}


static ngx_http_latchkey_chain_t *
ngx_http_latchkey_chain_get(ngx_http_latchkey_main_conf_t *lmcf,
    ngx_log_t *log, struct slice hash)
{
    size_t                      i, octets;
    STACK_OF(X509)             *certs;
    struct edge_chain           from;
    struct edge_record          record;
    ngx_http_latchkey_cache_t  *cache;
    ngx_http_latchkey_chain_t  *chain;

    cache = &lmcf->cache;

    chain = ngx_http_latchkey_chain_find(cache, hash);
    if (chain != NULL) {
        chain->refs++;
        return chain;
    }

    if (ngx_http_latchkey_store_get(&lmcf->store, log, EDGE_CHAIN, hash,
                                    &record)
        != NGX_OK
        || edge_chain_read(record.body, &from) != EDGE_FAULT_NONE)
    {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "latchkey: the chain of a certificate is missing");
        return NULL;
    }

    certs = ngx_http_latchkey_chain_make(log, &from);
    if (certs == NULL) {
        return NULL;
    }

    chain = ngx_alloc(sizeof(ngx_http_latchkey_chain_t), log);
    if (chain == NULL) {
        sk_X509_pop_free(certs, X509_free);
        return NULL;
    }

    octets = 0;

    for (i = 0; i < from.count; i++) {
        octets += from.der[i].len;
    }

    chain->refs = 1;
    chain->certs = certs;
    chain->size = from.count * NGX_HTTP_LATCHKEY_CERT_BYTES
                  + NGX_HTTP_LATCHKEY_BYTES_PER_OCTET * octets;
    ngx_memcpy(chain->hash, hash.data, EDGE_HASH_SIZE);

    ngx_queue_insert_head(&cache->chains, &chain->queue);
    cache->used += chain->size;

    return chain;
}


static void
ngx_http_latchkey_chain_drop(ngx_http_latchkey_cache_t *cache,
    ngx_http_latchkey_chain_t *chain)
{
    if (--chain->refs > 0) {
        return;
    }

    cache->used -= chain->size;
    ngx_queue_remove(&chain->queue);
    sk_X509_pop_free(chain->certs, X509_free);
    ngx_free(chain);
}


static void
ngx_http_latchkey_cache_drop(ngx_http_latchkey_cache_t *cache,
    ngx_http_latchkey_entry_t *entry)
{
    cache->used -= entry->size;
    ngx_queue_remove(&entry->queue);
    ngx_rbtree_delete(&cache->tree, &entry->node.node);

    /* handshakes under way have references of their own */

    X509_free(entry->cert.leaf);
    EVP_PKEY_free(entry->cert.key);
    ngx_http_latchkey_chain_drop(cache, entry->cert.chain);
    ngx_free(entry);
}


static void
ngx_http_latchkey_cache_shrink(ngx_http_latchkey_cache_t *cache, size_t max)
{
    ngx_queue_t  *q;

    while (cache->used > max && !ngx_queue_empty(&cache->lru)) {
        q = ngx_queue_last(&cache->lru);
        ngx_http_latchkey_cache_drop(cache,
                   ngx_queue_data(q, ngx_http_latchkey_entry_t, queue));
    }
}
