/* SPDX-License-Identifier: Apache-2.0 */
#include "web/url.h"

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("-._~/", c);
}

const char *web_url_encode(struct arena *mem, const char *text)
{
    char *out = arena_alloc(mem, strlen(text) * 3 + 1), *to = out;

    for (const char *c = text; *c; c++)
        if (is_plain(*c))
            *to++ = *c;
        else
            to += snprintf(to, 4, "%%%02X", (unsigned)(unsigned char)*c);
    return out;
}

const char *web_safe_next(const char *next)
{
    bool is_path =
        next && next[0] == '/' && next[1] != '/' && next[1] != '\\' && strlen(next) <= WEB_NEXT_MAX;

    for (const char *c = next; is_path && *c; c++)
        is_path = *c > 0x20 && *c < 0x7f;
    return is_path ? next : "/";
}
