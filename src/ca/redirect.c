/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/redirect.h"

#include <curl/curl.h>

#include "base/slice.h"
#include "ca/host.h"
#include "ca/identifier.h"

DEFINE_FREEP(CURLU, curl_url_cleanup)

#define URL_FLAGS (CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE)

/* --- reading --------------------------------------------------------------------------------- */

/* One part of a URL, copied; "" when it is not there. */
static const char *part(struct arena *mem, CURLU *url, CURLUPart what, unsigned flags)
{
    char *text = NULL;
    const char *copy;

    if (curl_url_get(url, what, &text, flags) != CURLUE_OK)
        return "";
    copy = arena_strdup(mem, text);
    curl_free(text);
    return copy;
}

static const char *without_brackets(struct arena *mem, const char *host)
{
    size_t len = strlen(host);

    return len > 2 && host[0] == '[' ? arena_strndup(mem, host + 1, len - 2) : host;
}

/* The scheme in front of a colon (RFC 3986 section 3.1); "": there is none. */
static const char *scheme_of(struct arena *mem, const char *location)
{
    size_t len =
        strspn(location, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    return location[len] == ':' ? ca_lower_case(mem, arena_strndup(mem, location, len)) : "";
}

/* "http:///path", "http:/path", "http:path": libcurl would find a host in these. */
static bool has_empty_host(const char *location, const char *scheme)
{
    const char *rest = *scheme ? location + strlen(scheme) + 1 : location;
    bool has_host = strncmp(rest, "//", 2) == 0;

    return has_host ? strchr("/?#", rest[2]) != NULL : *scheme != '\0';
}

static bool read_parts(struct arena *mem, CURLU *url, struct ca_place *out)
{
    const char *host = ca_lower_case(mem, part(mem, url, CURLUPART_HOST, 0));
    const char *port = part(mem, url, CURLUPART_PORT, 0);

    *out = (struct ca_place){
        .scheme = part(mem, url, CURLUPART_SCHEME, 0),
        .host = without_brackets(mem, host),
        .path = part(mem, url, CURLUPART_PATH, CURLU_URLDECODE),
        .has_zone = *part(mem, url, CURLUPART_ZONEID, 0) != '\0',
    };
    if (*port && !slice_i64(slice_str(port), 0, UINT16_MAX, &out->port))
        return false;
    if (curl_url_set(url, CURLUPART_HOST, host, 0) != CURLUE_OK)
        return false;
    out->url = part(mem, url, CURLUPART_URL, 0);
    return true;
}

bool ca_redirect_read(struct arena *mem, const char *url, const char *location,
                      struct ca_place *out)
{
    AUTO(CURLU_freep) CURLU *target = curl_url();
    const char *scheme = scheme_of(mem, location);
    CURLUcode code;

    if (!target)
        abort(); /* out of memory */
    if (curl_url_set(target, CURLUPART_URL, url, URL_FLAGS) != CURLUE_OK)
        return false;
    code = has_empty_host(location, scheme)
               ? CURLUE_NO_HOST
               : curl_url_set(target, CURLUPART_URL, location, URL_FLAGS);
    if (code != CURLUE_NO_HOST)
        return code == CURLUE_OK && read_parts(mem, target, out);
    if (!*scheme)
        scheme = part(mem, target, CURLUPART_SCHEME, 0);
    *out = (struct ca_place){.url = location, .scheme = scheme, .host = "", .path = ""};
    return true;
}

/* --- judging --------------------------------------------------------------------------------- */

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);

    return len >= tail && strcmp(text + len - tail, end) == 0;
}

static const char *address_refusal(struct arena *mem, const struct ca_validator *validator,
                                   const struct ca_place *place, const struct address *address)
{
    if (place->has_zone)
        return "Invalid host in redirect target: contains scope zone";
    if (ca_may_connect(validator, address))
        return NULL;
    return arena_printf(mem,
                        "Invalid host in redirect target: IP address is in a reserved address "
                        "block: %s",
                        address_reserved_for(address));
}

/* There is no list of top-level domains here: a dot between two labels has to do. */
static const char *host_refusal(struct arena *mem, const struct ca_validator *validator,
                                const struct ca_place *place)
{
    const char *dot = strrchr(place->host, '.');
    struct address address;
    struct err err;

    if (!*place->host)
        return "Invalid empty host in redirect target";
    if (ends_in(place->host, ".well-known"))
        return arena_printf(mem,
                            "Invalid host in redirect target \"%s\". Check webserver config for "
                            "missing '/' in redirect target.",
                            place->host);
    if (address_parse(place->host, &address, &err))
        return address_refusal(mem, validator, place, &address);
    if (!dot || dot == place->host || !dot[1])
        return "Invalid host in redirect target, must end in IANA registered TLD";
    return NULL;
}

const char *ca_redirect_refusal(struct arena *mem, const struct ca_validator *validator,
                                const struct ca_place *place)
{
    const char *refusal;

    if (strcmp(place->scheme, "http") != 0 && strcmp(place->scheme, "https") != 0)
        return arena_printf(mem,
                            "Invalid protocol scheme in redirect target. Only \"http\" and "
                            "\"https\" protocol schemes are supported, not \"%s\"",
                            place->scheme);
    if (place->port && place->port != validator->http_port && place->port != validator->https_port)
        return arena_printf(mem,
                            "Invalid port in redirect target. Only ports %u and %u are supported, "
                            "not %lld",
                            validator->http_port, validator->https_port, (long long)place->port);
    refusal = host_refusal(mem, validator, place);
    if (!refusal && strlen(place->path) > CA_REDIRECT_PATH_MAX)
        return "Redirect target too long";
    return refusal;
}

uint16_t ca_redirect_port(const struct ca_validator *validator, const struct ca_place *place)
{
    if (place->port)
        return (uint16_t)place->port;
    return strcmp(place->scheme, "https") == 0 ? validator->https_port : validator->http_port;
}
