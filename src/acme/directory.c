/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/directory.h"

#include <string.h>

#include "acme/client_state.h"
#include "acme/exchange.h"
#include "acme/parse.h"
#include "base/clock.h"

#define DIRECTORY_AGE_MS (3600 * INT64_C(1000))

static bool take_copy(struct arena *mem, struct acme_client *client, struct slice *out)
{
    bool is_fresh;

    pthread_mutex_lock(&client->lock);
    is_fresh = client->directory && clock_boot_ms() - client->directory_at < DIRECTORY_AGE_MS;
    if (is_fresh)
        *out = slice_of(arena_memdup(mem, client->directory, client->directory_len),
                        client->directory_len);
    pthread_mutex_unlock(&client->lock);
    return is_fresh;
}

static void keep(struct acme_client *client, struct slice body)
{
    char *copy = malloc(body.len + 1);

    if (!copy)
        return;
    memcpy(copy, body.data, body.len);
    pthread_mutex_lock(&client->lock);
    free(client->directory);
    client->directory = copy;
    client->directory_len = body.len;
    client->directory_at = clock_boot_ms();
    pthread_mutex_unlock(&client->lock);
}

void acme_directory_forget(struct acme_client *client)
{
    pthread_mutex_lock(&client->lock);
    free(client->directory);
    client->directory = NULL;
    pthread_mutex_unlock(&client->lock);
}

bool acme_directory(struct arena *mem, const struct acme_call *call, struct acme_directory **out,
                    struct err *err)
{
    struct acme_client *client = call->client;
    struct acme_answer answer;
    struct slice body;

    acme_exchange_begin(call);
    if (take_copy(mem, client, &body))
        return acme_parse_directory(mem, client->origin, body, out, err);
    if (!acme_exchange_get(mem, call, "directory", client->options.directory_url, &answer, err))
        return false;
    body = answer.response.body;
    if (!acme_parse_directory(mem, client->origin, body, out, err))
        return acme_exchange_bad(call, "directory", err);
    keep(client, body);
    return true;
}
