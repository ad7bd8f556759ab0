/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/fetch.h"

#include <curl/curl.h>
#include <errno.h>

DEFINE_FREEP(CURL, curl_easy_cleanup)
DEFINE_FREEP(CURLU, curl_url_cleanup)

static void slist_freep(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

#define DIAL_SHAVE_MS 10

static const char user_agent[] = "Mozilla/5.0 (compatible; ACME sandbox validation)";

struct body {
    unsigned char data[CA_FETCH_BODY_MAX + 1];
    size_t len;
};

/* Takes what fits; less than all ends the transfer. */
static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct body *body = arg;
    size_t len = size * count, room = CA_FETCH_BODY_MAX - body->len;

    if (len > room)
        len = room;
    memcpy(body->data + body->len, data, len);
    body->len += len;
    return len;
}

/* "::address:port": for any host and port of the URL; so the resolver of the system is not asked.
 */
static struct curl_slist *pinned_place(struct arena *mem, const struct ca_fetch *wish)
{
    char text[ADDRESS_PLACE_SIZE];

    return curl_slist_append(
        NULL, arena_printf(mem, "::%s", address_place(&wish->address, wish->port, text)));
}

static void set_options(CURL *curl, const struct ca_fetch *wish, struct body *body)
{
    curl_easy_setopt(curl, CURLOPT_URL, wish->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, user_agent);
    /* the dial ends a little earlier, so that it is told from a slow answer */
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)wish->timeout_ms - DIAL_SHAVE_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)wish->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
}

static bool is_connected(CURL *curl)
{
    curl_off_t connected_us = 0;

    curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected_us);
    return connected_us > 0;
}

/* Boulder's detailedError(). */
static const char *reason_of(CURL *curl, CURLcode code)
{
    long number = 0;

    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &number);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return is_connected(curl) ? "Timeout after connect (your server may be slow or overloaded)"
                                  : "Timeout during connect (likely firewall problem)";
    if (number == ECONNREFUSED)
        return "Connection refused";
    if (number == ENETUNREACH || number == EHOSTUNREACH)
        return "Network unreachable";
    if (number == ECONNRESET || code == CURLE_RECV_ERROR)
        return "Connection reset by peer";
    if (code == CURLE_GOT_NOTHING)
        return "Server closed the connection without an answer";
    if (code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION)
        return "TLS handshake failed";
    return "Error getting validation data";
}

static void take_answer(struct arena *mem, CURL *curl, struct ca_fetched *out)
{
    char *location = NULL;
    long status = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location);
    out->status = (int)status;
    out->location = location ? arena_strdup(mem, location) : NULL;
}

void ca_fetch(struct arena *mem, const struct ca_fetch *wish, struct ca_fetched *out)
{
    AUTO(CURL_freep) CURL *curl = curl_easy_init();
    AUTO(slist_freep) struct curl_slist *place = pinned_place(mem, wish);
    AUTO(slist_freep) struct curl_slist *headers = curl_slist_append(NULL, "Connection: close");
    struct body *body = arena_new_of(mem, struct body);
    CURLcode code;

    if (!curl || !place || !headers)
        abort(); /* out of memory */
    set_options(curl, wish, body);
    curl_easy_setopt(curl, CURLOPT_CONNECT_TO, place);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    code = curl_easy_perform(curl);
    *out = (struct ca_fetched){.body = slice_of(body->data, body->len)};
    /* a body that is cut off at the limit is an answer, and too long */
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && body->len == CA_FETCH_BODY_MAX)) {
        take_answer(mem, curl, out);
        return;
    }
    out->result = is_connected(curl) ? CA_FETCH_BROKEN : CA_FETCH_DIAL;
    out->reason = reason_of(curl, code);
}

/* One part of a URL, copied; NULL when it is not there. */
static const char *part(struct arena *mem, CURLU *url, CURLUPart what)
{
    char *text = NULL;
    const char *copy;

    if (curl_url_get(url, what, &text, 0) != CURLUE_OK)
        return NULL;
    copy = arena_strdup(mem, text);
    curl_free(text);
    return copy;
}

bool ca_url_parse(struct arena *mem, const char *text, struct ca_url *out)
{
    AUTO(CURLU_freep) CURLU *url = curl_url();
    const char *query, *port;
    struct ca_url parts;

    if (!url || curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        return false;
    parts = (struct ca_url){.scheme = part(mem, url, CURLUPART_SCHEME),
                            .host = part(mem, url, CURLUPART_HOST),
                            .path = part(mem, url, CURLUPART_PATH)};
    port = part(mem, url, CURLUPART_PORT);
    query = part(mem, url, CURLUPART_QUERY);
    if (!parts.scheme || !parts.host || !parts.path)
        return false;
    if (port && !slice_i64(slice_str(port), 1, 65535, &parts.port))
        return false;
    if (query)
        parts.path = arena_printf(mem, "%s?%s", parts.path, query);
    *out = parts;
    return true;
}
