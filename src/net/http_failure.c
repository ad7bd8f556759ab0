/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/clock.h"
#include "net/http_transfer.h"

#define REASON_SIZE 128

#define X(id, name) [HTTP_FAILED_##id] = name,
static const char *const failure_names[HTTP_FAILURE_COUNT] = {HTTP_FAILURES(X)};
#undef X

const char *http_failure_name(enum http_failure failure)
{
    return failure_names[failure];
}

/* clang-format off */
static const struct {
    CURLcode code;
    enum http_failure failure;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST,     HTTP_FAILED_NO_ADDRESS},
    {CURLE_COULDNT_CONNECT,          HTTP_FAILED_UNREACHABLE},
    {CURLE_OPERATION_TIMEDOUT,       HTTP_FAILED_SLOW},
    {CURLE_SSL_CONNECT_ERROR,        HTTP_FAILED_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, HTTP_FAILED_TLS},
    {CURLE_SSL_CACERT_BADFILE,       HTTP_FAILED_TLS},
    {CURLE_SSL_ISSUER_ERROR,         HTTP_FAILED_TLS},
    {CURLE_SSL_CIPHER,               HTTP_FAILED_TLS},
    {CURLE_SSL_CERTPROBLEM,          HTTP_FAILED_TLS},
    {CURLE_GOT_NOTHING,              HTTP_FAILED_CUT},
    {CURLE_PARTIAL_FILE,             HTTP_FAILED_CUT},
    {CURLE_RECV_ERROR,               HTTP_FAILED_CUT},
    {CURLE_SEND_ERROR,               HTTP_FAILED_CUT},
    {CURLE_HTTP2,                    HTTP_FAILED_CUT},
    {CURLE_HTTP2_STREAM,             HTTP_FAILED_CUT},
    {CURLE_OUT_OF_MEMORY,            HTTP_FAILED_TOO_LARGE}, /* a header line over 100 KiB */
    {CURLE_UNSUPPORTED_PROTOCOL,     HTTP_FAILED_PROTOCOL},
    {CURLE_WEIRD_SERVER_REPLY,       HTTP_FAILED_PROTOCOL},
};
/* clang-format on */

static enum http_failure failure_of(const struct http_transfer *t, CURLcode code)
{
    long number = 0;

    if (t->is_body_over || t->is_headers_over)
        return HTTP_FAILED_TOO_LARGE;
    if (code == CURLE_COULDNT_CONNECT && t->refused.code && !t->has_tried)
        return HTTP_FAILED_FORBIDDEN;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
    if (code == CURLE_COULDNT_CONNECT && number == ECONNREFUSED)
        return HTTP_FAILED_REFUSED;
    if (code == CURLE_COULDNT_CONNECT && number == ETIMEDOUT)
        return HTTP_FAILED_NO_CONNECT;
    for (size_t i = 0; i < ARRAY_LEN(failures); i++)
        if (failures[i].code == code)
            return failures[i].failure;
    return HTTP_FAILED_LOCAL;
}

static const char *place_text(const struct http_transfer *t, char text[ADDRESS_PLACE_SIZE])
{
    if (t->has_tried)
        return address_place(&t->tried, t->tried_port, text);
    return t->exchange->request.unix_socket ? t->exchange->request.unix_socket
                                            : t->exchange->request.url;
}

static int connect_limit(const struct http_request *request)
{
    int connect_ms = http_connect_ms(request), total_ms = http_total_ms(request);

    return connect_ms < total_ms ? connect_ms : total_ms;
}

static void explain_timeout(struct http_transfer *t, const char *place)
{
    const struct http_request *request = &t->exchange->request;
    struct err *err = &t->exchange->err;
    curl_off_t tcp_us = 0;

    curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &tcp_us);
    if (t->is_connected)
        err_set(err, ERR_TIMEOUT, "%s did not answer in full within %d ms", place,
                http_total_ms(request));
    else if (tcp_us > 0)
        err_set(err, ERR_TIMEOUT, "%s did not finish the TLS handshake within %d ms", place,
                connect_limit(request));
    else
        err_set(err, ERR_TIMEOUT, "could not connect to %s: no answer within %d ms", place,
                connect_limit(request));
    if (!t->is_connected && tcp_us == 0)
        t->exchange->failure = HTTP_FAILED_NO_CONNECT;
}

static void explain_size(struct http_transfer *t, const char *place)
{
    const struct http_request *request = &t->exchange->request;

    if (t->is_body_over)
        err_set(&t->exchange->err, ERR_TOO_LARGE, "%s answered with more than %zu octets", place,
                http_body_max(request));
    else if (t->list_count == HTTP_HEADER_COUNT_MAX)
        err_set(&t->exchange->err, ERR_TOO_LARGE, "%s answered with more than %d headers", place,
                HTTP_HEADER_COUNT_MAX);
    else
        err_set(&t->exchange->err, ERR_TOO_LARGE, "%s answered with headers over %zu octets", place,
                http_headers_max(request));
}

/* Of the place, and the reason if there is one to tell. */
static const char *const sentences[HTTP_FAILURE_COUNT] = {
    [HTTP_FAILED_REFUSED] = "could not connect to %s: connection refused",
    [HTTP_FAILED_UNREACHABLE] = "could not connect to %s: %s",
    [HTTP_FAILED_TLS] = "could not speak TLS with %s: %s",
    [HTTP_FAILED_CUT] = "%s closed the connection before the answer was complete",
    [HTTP_FAILED_PROTOCOL] = "%s did not answer with HTTP: %s",
    [HTTP_FAILED_NO_ADDRESS] = "could not ask %s: %s",
    [HTTP_FAILED_LOCAL] = "could not ask %s: %s",
};

static const char *reason_of(const struct http_transfer *t, CURLcode code, char text[REASON_SIZE])
{
    long number = 0;

    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
    if (t->exchange->failure == HTTP_FAILED_UNREACHABLE && number)
        return strerror_r((int)number, text, REASON_SIZE);
    return t->reason[0] ? t->reason : curl_easy_strerror(code);
}

static void explain(struct http_transfer *t, CURLcode code)
{
    char address[ADDRESS_PLACE_SIZE], text[REASON_SIZE];
    const char *place = place_text(t, address);
    enum http_failure failure = t->exchange->failure;

    switch (failure) {
    case HTTP_FAILED_FORBIDDEN:
        t->exchange->err = t->refused;
        break;
    case HTTP_FAILED_NO_CONNECT:
    case HTTP_FAILED_SLOW:
        explain_timeout(t, place);
        break;
    case HTTP_FAILED_TOO_LARGE:
        explain_size(t, place);
        break;
    case HTTP_FAILED_REFUSED:
    case HTTP_FAILED_UNREACHABLE:
    case HTTP_FAILED_TLS:
    case HTTP_FAILED_CUT:
    case HTTP_FAILED_PROTOCOL:
    case HTTP_FAILED_NO_ADDRESS:
    case HTTP_FAILED_LOCAL:
        err_set(&t->exchange->err, ERR_NET, sentences[failure], place, reason_of(t, code, text));
        break;
    case HTTP_FAILED_NONE:
    case HTTP_FAILURE_COUNT:
        break;
    }
}

void http_transfer_end(struct http_transfer *t, CURLcode code)
{
    struct http_response *response = &t->exchange->response;
    long status = 0;

    response->took_ms = clock_boot_ms() - response->took_ms;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->exchange->is_ok = code == CURLE_OK || t->is_enough;
    t->exchange->failure = HTTP_FAILED_NONE;
    if (!t->exchange->is_ok) {
        t->exchange->failure = failure_of(t, code);
        explain(t, code);
    } else {
        response->status = (int)status;
        response->headers = t->list;
        response->header_count = t->list_count;
        response->body = slice_of(buf_cstr(&t->body), t->body.len);
    }
    http_transfer_free(t);
}
