/* SPDX-License-Identifier: Apache-2.0 */
#include "job/name_servers.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/peers.h"
#include "base/rate.h"

struct name_servers {
    pthread_mutex_t lock;
    struct peers *peers;
};

struct name_servers *name_servers_new(void)
{
    struct name_servers *servers = calloc(1, sizeof(*servers));

    assert(servers);
    servers->peers = peers_new(NAME_SERVERS_MAX);
    pthread_mutex_init(&servers->lock, NULL);
    return servers;
}

void name_servers_free(struct name_servers *servers)
{
    if (!servers)
        return;
    pthread_mutex_destroy(&servers->lock);
    peers_free(servers->peers);
    free(servers);
}

enum name_server_standing name_servers_standing(struct name_servers *servers, const char *server,
                                                int64_t *paused_ms)
{
    int64_t now = clock_boot_ms();
    enum name_server_standing standing;
    const struct peer *peer;

    pthread_mutex_lock(&servers->lock);
    peer = peers_find(servers->peers, server, now);
    *paused_ms = peer_is_paused(peer, now) ? peer->paused_until - now : 0;
    standing = *paused_ms                             ? NAME_SERVER_PAUSED
               : peer->pause_ms || !peer->answered_at ? NAME_SERVER_UNKNOWN
                                                      : NAME_SERVER_ANSWERS;
    pthread_mutex_unlock(&servers->lock);
    return standing;
}

void name_servers_answered(struct name_servers *servers, const char *server)
{
    int64_t now = clock_boot_ms();

    pthread_mutex_lock(&servers->lock);
    peer_has_answered(peers_find(servers->peers, server, now), now);
    pthread_mutex_unlock(&servers->lock);
}

void name_servers_silent(struct name_servers *servers, const char *server, int64_t most_ms)
{
    int64_t now = clock_boot_ms();

    pthread_mutex_lock(&servers->lock);
    peer_was_silent(peers_find(servers->peers, server, now), NAME_SERVER_PAUSE_MS, most_ms, now);
    pthread_mutex_unlock(&servers->lock);
}

bool name_servers_take_other(struct name_servers *servers, const char *server)
{
    static const struct rate rate = {NAME_SERVER_OTHER_EACH_S, 1, NAME_SERVER_OTHER_BURST};
    int64_t now = clock_boot_ms();
    struct rate_spending spending;
    struct peer *peer;

    pthread_mutex_lock(&servers->lock);
    peer = peers_find(servers->peers, server, now);
    spending = rate_spend(&rate, peer->tat_us, now * 1000);
    peer->tat_us = spending.tat_us;
    pthread_mutex_unlock(&servers->lock);
    return spending.is_allowed;
}
