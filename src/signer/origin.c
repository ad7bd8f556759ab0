/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/origin.h"

#include "base/slice.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool take_scheme(const char **at, struct origin *out)
{
    static const struct {
        const char *text;
        bool is_https;
        uint16_t port;
    } schemes[] = {{"https://", true, 443}, {"http://", false, 80}};

    for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
        if (!slice_starts(slice_str(*at), slice_str(schemes[i].text)))
            continue;
        out->is_https = schemes[i].is_https;
        out->port = schemes[i].port;
        *at += strlen(schemes[i].text);
        return true;
    }
    return false;
}

static bool take_host(const char **at, struct origin *out)
{
    bool is_v6 = **at == '[';
    size_t len = is_v6 ? 1 + strspn(*at + 1, "0123456789abcdefABCDEF:.") : strspn(*at, ALNUM ".-");

    if (is_v6 && (*at)[len++] != ']')
        return false;
    if (len == 0 || len > ORIGIN_HOST_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = (*at)[i];

        out->host[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    *at += len;
    return true;
}

static bool take_port(const char **at, struct origin *out)
{
    size_t len;
    int64_t port;

    if (**at != ':')
        return true;
    len = strspn(*at + 1, "0123456789");
    if (!slice_i64(slice_of(*at + 1, len), 1, UINT16_MAX, &port))
        return false;
    out->port = (uint16_t)port;
    *at += 1 + len;
    return true;
}

bool origin_parse(const char *url, struct origin *out)
{
    struct origin found = {0};
    const char *at = url;

    if (strlen(url) > ORIGIN_URL_MAX || strspn(url, ALNUM "-._~:/?#[]@!$&'()*+,;=%") != strlen(url))
        return false;
    if (!take_scheme(&at, &found) || !take_host(&at, &found) || !take_port(&at, &found))
        return false;
    if (*at != '\0' && *at != '/' && *at != '?')
        return false;
    *out = found;
    return true;
}

bool origin_equal(const struct origin *a, const struct origin *b)
{
    return a->is_https == b->is_https && a->port == b->port && strcmp(a->host, b->host) == 0;
}
