/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/client.h"

#include <string.h>

#include "acme/client_state.h"
#include "acme/exchange.h"
#include "acme/text.h"

static const struct net_policy internet = {.public_reach = NET_PUBLIC_ANY};

static void copy_options(struct acme_client *client, const struct acme_options *options)
{
    struct acme_options *own = &client->options;

    *own = *options;
    own->name = arena_strdup(client->mem, options->name);
    own->directory_url = arena_strdup(client->mem, options->directory_url);
    own->user_agent = arena_strdup(client->mem, options->user_agent);
    if (!options->http.policy)
        own->http.policy = &internet;
    if (options->http.ca_file)
        own->http.ca_file = arena_strdup(client->mem, options->http.ca_file);
}

static bool check_needed(const struct acme_options *options, struct err *err)
{
    const struct {
        const char *name, *value;
    } needed[] = {{"name", options->name},
                  {"directory_url", options->directory_url},
                  {"user_agent", options->user_agent}};

    for (size_t i = 0; i < ARRAY_LEN(needed); i++)
        if (!needed[i].value)
            return err_set(err, ERR_CONFIG, "acme_options.%s is needed", needed[i].name);
    return true;
}

bool acme_client_new(const struct acme_options *options, struct acme_client **out, struct err *err)
{
    AUTO(acme_client_freep) struct acme_client *client = NULL;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct http_client *http;

    if (!check_needed(options, err))
        return false;
    client = arena_new_of(mem, struct acme_client);
    client->mem = mem;
    mem = NULL; /* freed with the client */
    copy_options(client, options);
    client->nonces = acme_nonces_new();
    client->issuers = issuers_new();
    pthread_mutex_init(&client->lock, NULL);
    client->origin = acme_origin(client->mem, options->directory_url);
    if (!client->origin || !acme_url_is_allowed(options->directory_url, client->origin))
        return err_set(err, ERR_CONFIG, "directory of %s is no http or https URL: %.200s",
                       options->name, options->directory_url);
    if (!acme_client_borrow(client, &http, err)) /* shows that the CA file can be read */
        return err_wrap(err, "%s", options->name);
    acme_client_give_back(client, http);
    *out = client;
    client = NULL;
    return true;
}

void acme_client_free(struct acme_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->idle_count; i++)
        http_client_free(client->idle[i]);
    free(client->directory);
    acme_nonces_free(client->nonces);
    issuers_free(client->issuers);
    pthread_mutex_destroy(&client->lock);
    arena_free(client->mem);
}

const char *acme_client_origin(const struct acme_client *client)
{
    return client->origin;
}

bool acme_client_borrow(struct acme_client *client, struct http_client **out, struct err *err)
{
    struct http_client *http = NULL;

    pthread_mutex_lock(&client->lock);
    if (client->idle_count > 0)
        http = client->idle[--client->idle_count];
    pthread_mutex_unlock(&client->lock);
    if (!http && !http_client_new(&client->options.http, &http, err))
        return false;
    *out = http;
    return true;
}

void acme_client_give_back(struct acme_client *client, struct http_client *http)
{
    bool is_kept;

    pthread_mutex_lock(&client->lock);
    is_kept = client->idle_count < ACME_CONNECTIONS_MAX;
    if (is_kept)
        client->idle[client->idle_count++] = http;
    pthread_mutex_unlock(&client->lock);
    if (!is_kept)
        http_client_free(http);
}
