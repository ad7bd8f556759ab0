/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/fetch.h"

#include <curl/curl.h>

#include "ca/failure.h"
#include "ca/fetch_body.h"
#include "ca/tls_alert.h"

DEFINE_FREEP(CURL, curl_easy_cleanup)

static void slist_freep(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static void body_freep(struct fetch_body **body)
{
    fetch_body_free(*body);
}

#define DIAL_SHAVE_MS 10

static const char user_agent[] = "Mozilla/5.0 (compatible; ACME sandbox validation)";
static const char *const request_headers[] = {"Connection: close", "Accept-Encoding: gzip"};

struct transfer {
    struct arena *mem;
    CURL *curl;
    struct fetch_body body;
    const char *location;
    size_t headers_len;
    bool has_head; /* the header section of the final answer is complete */
    int alert;
};

/* --- the answer ------------------------------------------------------------------------------ */

static int status_of(const struct transfer *transfer)
{
    long status = 0;

    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

/* The value, without white space around it; NULL: another header. */
static const char *value_of(struct arena *mem, struct slice line, const char *name)
{
    const char *text = (const char *)line.data;
    size_t len = strlen(name), end = line.len;

    if (line.len <= len || strncasecmp(text, name, len) != 0 || text[len] != ':')
        return NULL;
    for (len++; len < end && strchr(" \t", text[len]); len++) {
    }
    while (end > len && strchr(" \t\r\n", text[end - 1]))
        end--;
    return arena_strndup(mem, text + len, end - len);
}

static void take_line(struct transfer *transfer, struct slice line)
{
    const char *location = value_of(transfer->mem, line, "Location");
    const char *encoding = value_of(transfer->mem, line, "Content-Encoding");

    if (location && !transfer->location)
        transfer->location = location;
    if (encoding && strcasecmp(encoding, "gzip") == 0)
        fetch_body_begin_packed(&transfer->body);
}

/* A line at a time; less than all ends the transfer. */
static size_t take_header(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    size_t len = size * count;

    transfer->headers_len += len;
    if (transfer->headers_len > CA_FETCH_HEADERS_MAX)
        return 0;
    if (transfer->has_head)
        return len; /* a trailer */
    take_line(transfer, slice_of(data, len));
    if (data[0] != '\r' && data[0] != '\n')
        return len;
    transfer->has_head = status_of(transfer) >= 200;
    return transfer->has_head && status_of(transfer) != 200 ? 0 : len;
}

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;

    return fetch_body_take(&transfer->body, data, size * count) ? size * count : 0;
}

/* --- the request ----------------------------------------------------------------------------- */

/* "::address:port": for any host and port of the URL; so the resolver of the system is not asked.
 */
static struct curl_slist *pinned_place(struct arena *mem, const struct ca_fetch *wish)
{
    char text[ADDRESS_PLACE_SIZE];

    return curl_slist_append(
        NULL, arena_printf(mem, "::%s", address_place(&wish->address, wish->port, text)));
}

static struct curl_slist *all_headers(void)
{
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < ARRAY_LEN(request_headers); i++)
        list = curl_slist_append(list, request_headers[i]);
    return list;
}

static CURLcode watch_alerts(CURL *curl, void *tls, void *alert)
{
    (void)curl;
    ca_tls_alert_watch(tls, alert);
    return CURLE_OK;
}

static void set_callbacks(struct transfer *transfer)
{
    CURL *curl = transfer->curl;

    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, watch_alerts);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, &transfer->alert);
}

static void set_options(CURL *curl, const struct ca_fetch *wish)
{
    curl_easy_setopt(curl, CURLOPT_URL, wish->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTP09_ALLOWED, 1L); /* so that it can be looked at */
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, user_agent);
    /* the dial ends a little earlier, so that it is told from a slow answer */
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)wish->timeout_ms - DIAL_SHAVE_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)wish->timeout_ms);
}

/* --- what became of it ----------------------------------------------------------------------- */

static bool is_connected(CURL *curl)
{
    curl_off_t connected_us = 0;

    curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected_us);
    return connected_us > 0;
}

/* What a server of HTTP/2 says first: an empty stream id, the type SETTINGS (RFC 9113 section 6.5).
 */
static bool is_http2(const struct fetch_body *body)
{
    static const unsigned char settings[] = {0, 0, 0, 4, 0, 0, 0, 0, 0};

    return body->len >= sizeof(settings) && memcmp(body->data, settings, 2) == 0 &&
           memcmp(body->data + 3, settings + 3, sizeof(settings) - 3) == 0;
}

/* Boulder's detailedError(). */
static const char *reason_of(const struct transfer *transfer, CURLcode code)
{
    long number = 0;

    if (transfer->alert >= 0)
        return ca_tls_alert_text(transfer->mem, transfer->alert);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return is_connected(transfer->curl) ? CA_FAILURE_TIMEOUT : CA_FAILURE_DIAL_TIMEOUT;
    if (is_http2(&transfer->body))
        return "Server is speaking HTTP/2 over HTTP";
    curl_easy_getinfo(transfer->curl, CURLINFO_OS_ERRNO, &number);
    return ca_failure_text((int)number);
}

/* Go's words for a body that ended before its time; NULL: it did not. */
static const char *broken_body(const struct transfer *transfer, CURLcode code)
{
    const struct fetch_body *body = &transfer->body;

    if (body->is_bad)
        return "gzip: invalid header";
    if (fetch_body_is_full(body) || body->is_ended || code == CURLE_WRITE_ERROR)
        return NULL;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return "context deadline exceeded";
    if (code == CURLE_RECV_ERROR)
        return "invalid byte in chunk length";
    return code != CURLE_OK || body->is_packed ? "unexpected EOF" : NULL;
}

static void conclude(struct transfer *transfer, CURLcode code, struct ca_fetched *out)
{
    *out = (struct ca_fetched){.type = CA_PROBLEM_CONNECTION};
    if (transfer->has_head) {
        out->status = status_of(transfer);
        out->location = transfer->location;
        out->body = slice_of(arena_memdup(transfer->mem, transfer->body.data, transfer->body.len),
                             transfer->body.len);
        out->broken = broken_body(transfer, code);
        return;
    }
    out->result = is_connected(transfer->curl) ? CA_FETCH_BROKEN : CA_FETCH_DIAL;
    out->reason = reason_of(transfer, code);
    if (transfer->alert >= 0)
        out->type = CA_PROBLEM_TLS;
}

void ca_fetch(struct arena *mem, const struct ca_fetch *wish, struct ca_fetched *out)
{
    AUTO(CURL_freep) CURL *curl = curl_easy_init();
    AUTO(slist_freep) struct curl_slist *place = pinned_place(mem, wish);
    AUTO(slist_freep) struct curl_slist *headers = all_headers();
    struct transfer *transfer = arena_new_of(mem, struct transfer);
    AUTO(body_freep) struct fetch_body *body = &transfer->body;

    if (!curl || !place || !headers)
        abort(); /* out of memory */
    transfer->mem = mem;
    transfer->curl = curl;
    transfer->alert = -1;
    set_options(curl, wish);
    set_callbacks(transfer);
    curl_easy_setopt(curl, CURLOPT_CONNECT_TO, place);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    conclude(transfer, curl_easy_perform(curl), out);
}
