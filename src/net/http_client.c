/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <strings.h>
#include <unistd.h>

#include "net/http_transfer.h"

#define KEPT_CONNECTIONS 16

struct http_client {
    CURLM *multi; /* holds the connections */
    struct http_client_options options;
    char *ca_file;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode library;

static void set_up_library(void)
{
    library = curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool http_client_new(const struct http_client_options *options, struct http_client **out,
                     struct err *err)
{
    bool has_ca = options->ca_file && options->ca_file[0];
    struct http_client *client;

    assert(options->policy);
    pthread_once(&once, set_up_library);
    if (library != CURLE_OK)
        return err_set(err, ERR_CONFIG, "could not start libcurl: %s", curl_easy_strerror(library));
    if (has_ca && access(options->ca_file, R_OK) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not read the roots in %s",
                         options->ca_file);
    client = calloc(1, sizeof(*client));
    assert(client);
    client->options = *options;
    client->ca_file = has_ca ? strdup(options->ca_file) : NULL;
    client->options.ca_file = client->ca_file;
    client->multi = curl_multi_init();
    assert(client->multi);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    *out = client;
    return true;
}

void http_client_free(struct http_client *client)
{
    curl_multi_cleanup(client->multi);
    free(client->ca_file);
    free(client);
}

static void end_finished(struct http_client *client, size_t *running)
{
    struct http_transfer *transfer;
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left))) {
        CURLcode code = message->data.result;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        curl_multi_remove_handle(client->multi, message->easy_handle);
        http_transfer_end(transfer, code);
        (*running)--;
    }
}

void http_do_all(struct arena *mem, struct http_client *client, struct http_exchange *exchanges,
                 size_t count)
{
    struct http_transfer *transfers = arena_array_of(mem, count, struct http_transfer);
    size_t running = 0;
    int active;

    for (size_t i = 0; i < count; i++) {
        transfers[i] = (struct http_transfer){
            .mem = mem, .exchange = &exchanges[i], .policy = client->options.policy};
        if (!http_transfer_begin(&transfers[i], &client->options))
            continue;
        curl_multi_add_handle(client->multi, transfers[i].easy);
        running++;
    }
    /* Each transfer has its own deadline, so this ends. */
    while (running > 0) {
        CURLMcode code = curl_multi_perform(client->multi, &active);

        assert(code == CURLM_OK);
        end_finished(client, &running);
        if (running > 0)
            curl_multi_poll(client->multi, NULL, 0, 1000, NULL);
    }
}

bool http_do(struct arena *mem, struct http_client *client, const struct http_request *request,
             struct http_response *out, struct err *err)
{
    struct http_exchange exchange = {.request = *request};

    http_do_all(mem, client, &exchange, 1);
    if (exchange.is_ok)
        *out = exchange.response;
    else
        *err = exchange.err;
    return exchange.is_ok;
}

const char *http_header_next(const struct http_response *response, const char *name, size_t *at)
{
    while (*at < response->header_count) {
        const struct http_header *header = &response->headers[(*at)++];

        if (strcasecmp(header->name, name) == 0)
            return header->value;
    }
    return NULL;
}

const char *http_header(const struct http_response *response, const char *name)
{
    size_t at = 0;

    return http_header_next(response, name, &at);
}

const char *http_url_host(struct arena *mem, const char *url)
{
    CURLU *parts = curl_url();
    char *host = NULL, *copy = NULL;

    if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        copy = arena_strdup(mem, host);
    for (char *at = copy; at && *at; at++)
        *at = isgraph((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '?';
    curl_free(host);
    curl_url_cleanup(parts);
    return copy;
}
