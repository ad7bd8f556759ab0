/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <curl/curl.h>

#include "net/http_client.h"

static const char *part_of(struct arena *mem, CURLU *parts, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    const char *copy = "";

    if (curl_url_get(parts, part, &text, flags) == CURLUE_OK)
        copy = arena_strdup(mem, text);
    curl_free(text);
    return copy;
}

static const char *lower(struct arena *mem, const char *text)
{
    char *copy = arena_strdup(mem, text);

    for (char *at = copy; *at; at++)
        *at = isgraph((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '?';
    return copy;
}

static bool read_parts(struct arena *mem, CURLU *parts, struct http_url *out)
{
    struct http_url found = {.url = part_of(mem, parts, CURLUPART_URL, 0),
                             .scheme = lower(mem, part_of(mem, parts, CURLUPART_SCHEME, 0)),
                             .host = lower(mem, part_of(mem, parts, CURLUPART_HOST, 0)),
                             .path = part_of(mem, parts, CURLUPART_PATH, 0)};
    int64_t port = 0;

    if (!found.host[0] ||
        !slice_i64(slice_str(part_of(mem, parts, CURLUPART_PORT, CURLU_DEFAULT_PORT)), 0, 65535,
                   &port))
        port = 0;
    found.port = (uint16_t)port;
    *out = found;
    return found.host[0] != '\0';
}

bool http_url_follow(struct arena *mem, const char *base, const char *location,
                     struct http_url *out)
{
    CURLU *parts = curl_url();
    bool is_read =
        curl_url_set(parts, CURLUPART_URL, base, 0) == CURLUE_OK &&
        curl_url_set(parts, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK &&
        read_parts(mem, parts, out);

    curl_url_cleanup(parts);
    return is_read;
}
