/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_transfer.h"

#include <assert.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/hash.h"

#define URL_MAX 8192 /* octets */

/* The parts of a URL that the connection needs. */
struct place {
    char *host; /* without brackets */
    char *port;
    bool is_literal;
    struct address literal;
};

static bool fail(struct http_transfer *t, enum http_failure failure)
{
    t->exchange->is_ok = false;
    t->exchange->failure = failure;
    return false;
}

static bool fail_locally(struct http_transfer *t, const char *what, const char *value)
{
    err_set(&t->exchange->err, ERR_BAD_INPUT, "cannot ask \"%.200s\": %s", value, what);
    return fail(t, HTTP_FAILED_LOCAL);
}

/* ---- callbacks of libcurl ---- */

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *sa)
{
    struct http_transfer *t = arg;

    (void)purpose;
    if (t->exchange->request.unix_socket)
        return sa->family == AF_UNIX ? socket(sa->family, sa->socktype | SOCK_CLOEXEC, sa->protocol)
                                     : CURL_SOCKET_BAD;
    if (!address_from_sockaddr(&sa->addr, &t->tried, &t->tried_port))
        return CURL_SOCKET_BAD;
    if (!net_policy_check(t->policy, &t->tried, t->tried_port, &t->refused))
        return CURL_SOCKET_BAD;
    t->has_tried = true;
    return socket(sa->family, sa->socktype | SOCK_CLOEXEC, sa->protocol);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's prototype */
static int before_request(void *arg, char *peer, char *local, int peer_port, int local_port)
{
    struct http_transfer *t = arg;
    struct err ignored;

    (void)local;
    (void)local_port;
    t->is_connected = true;
    if (address_parse(peer, &t->exchange->response.peer, &ignored)) {
        t->tried = t->exchange->response.peer;
        t->tried_port = (uint16_t)peer_port;
        t->has_tried = true;
    }
    return CURL_PREREQFUNC_OK;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct http_transfer *t = arg;
    const struct http_request *request = &t->exchange->request;
    size_t len = size * n, room = http_body_max(request) - t->body.len;

    t->is_enough = request->is_beginning_enough && len > room;
    buf_add(&t->body, data, t->is_enough ? room : len);
    t->is_body_over = !buf_ok(&t->body);
    return t->is_enough || t->is_body_over ? 0 : len;
}

static struct slice trim(struct slice s)
{
    while (s.len > 0 && strchr(" \t\r\n", s.data[s.len - 1]))
        s.len--;
    while (s.len > 0 && strchr(" \t", s.data[0]))
        s = slice_of(s.data + 1, s.len - 1);
    return s;
}

static void add_header(struct http_transfer *t, struct slice line)
{
    const unsigned char *colon = memchr(line.data, ':', line.len);
    struct slice value;

    if (!colon)
        return;
    value = trim(slice_of(colon + 1, line.len - (size_t)(colon + 1 - line.data)));
    t->list[t->list_count++] = (struct http_header){
        arena_strndup(t->mem, (const char *)line.data, (size_t)(colon - line.data)),
        arena_strndup(t->mem, (const char *)value.data, value.len)};
}

/* Called for each line of the header section, the status line and those of 1xx answers too. */
static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
    struct http_transfer *t = arg;
    struct slice line = slice_of(data, size * n);

    t->header_octets += line.len;
    if (slice_starts(line, SLICE_LIT("HTTP/")))
        t->list_count = 0;
    t->is_headers_over = t->header_octets > http_headers_max(&t->exchange->request) ||
                         t->list_count == HTTP_HEADER_COUNT_MAX;
    if (t->is_headers_over)
        return 0;
    add_header(t, line);
    return line.len;
}

/* ---- the request ---- */

static bool read_url(struct http_transfer *t, CURLU *parts, struct place *place)
{
    const char *url = t->exchange->request.url;
    char *scheme = NULL;
    struct err ignored;
    bool is_web;
    size_t len;

    if (strlen(url) > URL_MAX)
        return fail_locally(t, "the URL is over 8192 octets", url);
    if (curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return fail_locally(t, "not a URL, or with a user name in it", url);
    is_web = strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0;
    curl_free(scheme);
    if (!is_web)
        return fail_locally(t, "only http and https are spoken", url);
    if (curl_url_get(parts, CURLUPART_HOST, &place->host, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_PORT, &place->port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return fail_locally(t, "the URL has no host", url);
    len = strlen(place->host);
    if (place->host[0] == '[') {
        memmove(place->host, place->host + 1, len - 2);
        place->host[len - 2] = '\0';
    }
    place->is_literal = address_parse(place->host, &place->literal, &ignored);
    return true;
}

static bool find_addresses(struct http_transfer *t, const struct http_client_options *options,
                           const struct place *place, struct address *out, size_t *count)
{
    static const struct address localhost[] = {
        {.octets = {127, 0, 0, 1}},
        {.is_v6 = true, .octets = {[15] = 1}},
    };
    const struct http_request *request = &t->exchange->request;

    *count = 0;
    if (request->address_count > 0) {
        *count = request->address_count < HTTP_ADDRESSES_MAX ? request->address_count
                                                             : HTTP_ADDRESSES_MAX;
        memcpy(out, request->addresses, *count * sizeof(*out));
    } else if (place->is_literal) {
        *count = 1;
        *out = place->literal;
    } else if (strcasecmp(place->host, "localhost") == 0) {
        *count = ARRAY_LEN(localhost);
        memcpy(out, localhost, sizeof(localhost));
    } else if (options->resolve) {
        *count = HTTP_ADDRESSES_MAX;
        if (!options->resolve(options->resolve_arg, place->host, out, count, &t->exchange->err))
            return fail(t, HTTP_FAILED_NO_ADDRESS);
    }
    if (*count > 0)
        return true;
    err_set(&t->exchange->err, ERR_NET, "could not connect to %.200s: it has no address",
            place->host);
    return fail(t, HTTP_FAILED_NO_ADDRESS);
}

/* libcurl keeps connections by the place they were made to. So that one made to other addresses is
 * never taken, that place is a made-up name, different for each list of addresses ("+": libcurl may
 * forget it after a minute). */
static void set_addresses(struct http_transfer *t, const struct place *place,
                          const struct address *addresses, size_t count)
{
    struct buf list = buf_new(t->mem, HTTP_ADDRESSES_MAX * (ADDRESS_TEXT_SIZE + 3));
    unsigned char digest[SHA256_SIZE];
    char text[ADDRESS_TEXT_SIZE];
    const char *name;

    for (size_t i = 0; i < count; i++)
        buf_printf(&list, addresses[i].is_v6 ? "%s[%s]" : "%s%s", i ? "," : "",
                   address_text(&addresses[i], text));
    hash_sha256(buf_view(&list), digest);
    name = hex_encode(t->mem, slice_of(digest, 16));
    t->resolve = curl_slist_append(
        NULL, arena_printf(t->mem, "+%s:%s:%s", name, place->port, buf_cstr(&list)));
    t->connect_to = curl_slist_append(NULL, arena_printf(t->mem, "::%s:%s", name, place->port));
    curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->resolve);
    curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
}

static bool set_place(struct http_transfer *t, const struct http_client_options *options)
{
    CURLU *parts = curl_url();
    struct place place = {0};
    struct address addresses[HTTP_ADDRESSES_MAX];
    size_t count;
    bool is_set = read_url(t, parts, &place);

    if (is_set && t->exchange->request.unix_socket)
        curl_easy_setopt(t->easy, CURLOPT_UNIX_SOCKET_PATH, t->exchange->request.unix_socket);
    else if (is_set && (is_set = find_addresses(t, options, &place, addresses, &count)))
        set_addresses(t, &place, addresses, count);
    curl_free(place.host);
    curl_free(place.port);
    curl_url_cleanup(parts);
    return is_set;
}

static bool set_headers(struct http_transfer *t)
{
    const struct http_request *request = &t->exchange->request;

    t->headers = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];

        if (strpbrk(header->name, "\r\n:") || strpbrk(header->value, "\r\n"))
            return fail_locally(t, "a header has a line break in it", request->url);
        t->headers = curl_slist_append(t->headers,
                                       arena_printf(t->mem, "%s%s%s", header->name,
                                                    header->value[0] ? ": " : ";", header->value));
    }
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
    return true;
}

static void set_method(struct http_transfer *t)
{
    const struct http_request *request = &t->exchange->request;
    bool has_body = request->body.data != NULL;
    const char *method = request->method ? request->method : has_body ? "POST" : "GET";

    if (strcmp(method, "HEAD") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (has_body || strcmp(method, "POST") == 0) {
        curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS,
                         has_body ? (const char *)request->body.data : "");
    }
    curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_limits(struct http_transfer *t)
{
    const struct http_request *request = &t->exchange->request;

    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http_connect_ms(request));
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)http_total_ms(request));
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(t->easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(t->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (request->is_any_certificate) {
        curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (request->is_fresh) {
        curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
    }
}

static void set_callbacks(struct http_transfer *t)
{
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->reason);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, before_request);
    curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
}

void http_transfer_free(struct http_transfer *t)
{
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->resolve);
    curl_slist_free_all(t->connect_to);
}

/* These alone: libcurl may be built to look into the system's folder of roots as well. The file is
 * read for each connection: else a CA that rolls its root would not be trusted for a while. */
static void set_roots(struct http_transfer *t, const char *ca_file)
{
    curl_easy_setopt(t->easy, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(t->easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(t->easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
}

bool http_transfer_begin(struct http_transfer *t, const struct http_client_options *options)
{
    const struct http_request *request = &t->exchange->request;

    t->easy = curl_easy_init();
    assert(t->easy);
    t->body = buf_new(t->mem, http_body_max(request));
    t->list = arena_array_of(t->mem, HTTP_HEADER_COUNT_MAX, struct http_header);
    t->exchange->response = (struct http_response){.took_ms = clock_boot_ms()};
    curl_easy_setopt(t->easy, CURLOPT_URL, request->url);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(t->easy, CURLOPT_USERAGENT,
                     request->user_agent ? request->user_agent : "Latchkey/" LATCHKEY_VERSION);
    if (options->ca_file)
        set_roots(t, options->ca_file);
    set_limits(t);
    set_callbacks(t);
    set_method(t);
    if (set_headers(t) && set_place(t, options))
        return true;
    http_transfer_free(t);
    return false;
}
