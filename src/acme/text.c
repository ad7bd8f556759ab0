/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/text.h"

#include <string.h>

#include "acme/client.h"
#include "base/buf.h"

#define CUT_MARK "..."

const char *acme_text(struct arena *mem, const char *text)
{
    struct buf out = buf_new(mem, ACME_TEXT_MAX + 1);
    size_t room = ACME_TEXT_MAX - strlen(CUT_MARK);

    for (const char *c = text ? text : ""; *c; c++) {
        bool is_plain = *c >= ' ' && *c <= '~';

        if (out.len + (is_plain ? 1 : 4) > room) {
            buf_str(&out, CUT_MARK);
            break;
        }
        if (is_plain)
            buf_u8(&out, (uint8_t)*c);
        else
            buf_printf(&out, "\\x%02x", (unsigned char)*c);
    }
    return buf_cstr(&out);
}

#define UNSAFE "\"'<>\\^`{}|"

static bool is_url_text(const char *url, const char *unsafe)
{
    size_t len = strnlen(url, ACME_URL_MAX + 1);

    if (len > ACME_URL_MAX)
        return false;
    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr(unsafe, *c))
            return false;
    return true;
}

/* The length of "scheme://authority", or 0. */
static size_t origin_len(const char *url, const char *unsafe)
{
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    size_t host = scheme ? strcspn(url + scheme, "/?#") : 0;

    if (!is_url_text(url, unsafe) || host == 0 || url[scheme] == ':' ||
        memchr(url + scheme, '@', host))
        return 0;
    return scheme + host;
}

const char *acme_origin(struct arena *mem, const char *url)
{
    size_t len = origin_len(url, UNSAFE "#");

    return len ? arena_strndup(mem, url, len) : NULL;
}

static bool is_allowed(const char *url, const char *origin, const char *unsafe)
{
    size_t len = origin_len(url, unsafe);

    if (len == 0)
        return false;
    return strncmp(url, "https://", 8) == 0 ||
           (len == strlen(origin) && strncmp(url, origin, len) == 0);
}

bool acme_url_is_allowed(const char *url, const char *origin)
{
    return is_allowed(url, origin, UNSAFE "#");
}

bool acme_page_is_allowed(const char *url, const char *origin)
{
    return is_allowed(url, origin, UNSAFE);
}
