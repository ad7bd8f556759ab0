/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Strict-Transport-Security (RFC 6797): where a host has it, it is the
 * platform's to say, max-age=0 too, and the origin's own header is dropped.
 */

#include "ngx_http_latchkey_module.h"


static ngx_int_t ngx_http_latchkey_hsts_filter(ngx_http_request_t *r);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


void
ngx_http_latchkey_hsts_init(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_latchkey_hsts_filter;
}


static ngx_int_t
ngx_http_latchkey_hsts_filter(ngx_http_request_t *r)
{
    u_char                   *p;
    ngx_uint_t                i;
    ngx_list_part_t          *part;
    ngx_table_elt_t          *h;
    ngx_http_latchkey_ctx_t  *ctx;

    static ngx_str_t  name = ngx_string("Strict-Transport-Security");

    ctx = ngx_http_get_module_ctx(r, ngx_http_latchkey_module);

    if (ctx == NULL || !ctx->has_hsts || r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == name.len
                && ngx_strncasecmp(h[i].key.data, name.data, name.len) == 0)
            {
                h[i].hash = 0;
            }
        }
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(r->pool, sizeof("max-age=") - 1 + NGX_INT32_LEN);
    if (p == NULL) {
        h->hash = 0;
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key = name;
    h->value.data = p;
    h->value.len = (size_t) (ngx_sprintf(p, "max-age=%uD", ctx->hsts_max_age)
                             - p);

    return ngx_http_next_header_filter(r);
}
