/* SPDX-License-Identifier: Apache-2.0 */
#include "http/cookie.h"

#include <strings.h>

#define ATTRIBUTES "; Path=/; Secure; HttpOnly; SameSite=Lax"

/* Of one Cookie header: "a=b; c=d". */
static const char *find(struct arena *mem, const char *header, const char *name)
{
    size_t len = strlen(name);

    while (*header) {
        header += strspn(header, "; ");
        if (strncmp(header, name, len) == 0 && header[len] == '=')
            return arena_strndup(mem, header + len + 1, strcspn(header + len + 1, ";"));
        header += strcspn(header, ";");
    }
    return NULL;
}

const char *http_cookie(const struct http_req *req, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < req->header_count && !value; i++)
        if (strcasecmp(req->headers[i].name, "Cookie") == 0)
            value = find(req->mem, req->headers[i].value, name);
    return value;
}

void http_set_cookie(struct http_res *res, const char *name, const char *value)
{
    http_res_header(res, "Set-Cookie", arena_printf(res->mem, "%s=%s" ATTRIBUTES, name, value));
}

void http_drop_cookie(struct http_res *res, const char *name)
{
    http_res_header(res, "Set-Cookie", arena_printf(res->mem, "%s=; Max-Age=0" ATTRIBUTES, name));
}
