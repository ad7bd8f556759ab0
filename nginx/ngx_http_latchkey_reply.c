/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Answers of our own: a short text, or a redirect to the canonical host.
 */

#include "ngx_http_latchkey_module.h"
#include "edge/answer.h"


static ngx_int_t ngx_http_latchkey_add_header(ngx_http_request_t *r,
    const char *name, ngx_str_t *value, ngx_table_elt_t **added);


ngx_int_t
ngx_http_latchkey_redirect(ngx_http_request_t *r, struct slice canonical,
    ngx_int_t status)
{
    u_char                        *p;
    size_t                         len;
    ngx_str_t                      location, host, control;
    ngx_table_elt_t               *header;
    ngx_http_latchkey_srv_conf_t  *lscf;

    lscf = ngx_http_get_module_srv_conf(r, ngx_http_latchkey_module);

    len = sizeof("https://:65535/") - 1 + canonical.len + r->unparsed_uri.len;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    host.len = canonical.len;
    host.data = (u_char *) canonical.data;
    location.data = p;

    p = ngx_sprintf(p, "https://%V", &host);

    if (lscf->https_port != 443) {
        p = ngx_sprintf(p, ":%ui", lscf->https_port);
    }

    if (r->unparsed_uri.len == 0 || r->unparsed_uri.data[0] != '/') {
        /* "GET http://host?query" */
        *p++ = '/';
    }

    p = ngx_cpymem(p, r->unparsed_uri.data, r->unparsed_uri.len);
    location.len = (size_t) (p - location.data);

    p = ngx_pnalloc(r->pool, sizeof("max-age=") - 1 + NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    control.data = p;
    control.len = (size_t) (ngx_sprintf(p, "max-age=%d", EDGE_REDIRECT_CACHE_S)
                            - p);

    if (ngx_http_latchkey_add_header(r, "Cache-Control", &control, &header)
        != NGX_OK
        || ngx_http_latchkey_add_header(r, "Location", &location, &header)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.location = header;

    return status;
}


ngx_int_t
ngx_http_latchkey_send(ngx_http_request_t *r, ngx_int_t status,
    ngx_str_t *type, ngx_str_t *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    r->headers_out.status = (ngx_uint_t) status;
    r->headers_out.content_length_n = (off_t) body->len;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_OK && !r->header_only) {
        rc = ngx_http_output_filter(r, &out);
    }

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}


static ngx_int_t
ngx_http_latchkey_add_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value, ngx_table_elt_t **added)
{
    ngx_table_elt_t  *header;

    header = ngx_list_push(&r->headers_out.headers);
    if (header == NULL) {
        return NGX_ERROR;
    }

    header->hash = 1;
    header->key.len = ngx_strlen(name);
    header->key.data = (u_char *) name;
    header->value = *value;
    *added = header;

    return NGX_OK;
}


ngx_int_t
ngx_http_latchkey_copy(ngx_http_request_t *r, ngx_str_t *to, struct slice from)
{
    to->data = ngx_pnalloc(r->pool, from.len);
    if (to->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(to->data, from.data, from.len);
    to->len = from.len;

    return NGX_OK;
}
