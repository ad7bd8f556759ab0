/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * name_servers: what this process remembers of the name servers that glances ask (job/glance.h).
 * One that is silent keeps whoever asks it waiting, so it is left alone for a while that grows with
 * each time, whoever's domains lie behind it. One that has not answered yet is asked one question
 * first. Those of other zones, a parent above all, are everybody's, and are asked only so often.
 * May be used by several threads.
 */
#include "base/base.h"

#define NAME_SERVERS_MAX         2048
#define NAME_SERVER_PAUSE_MS     INT64_C(4000)
#define NAME_SERVER_PAUSE_MAX_MS INT64_C(120000)
#define NAME_SERVER_RESOLVED_MAX_MS                                                                \
    INT64_C(600000)                 /* of a domain that the resolver is asked about */
#define NAME_SERVER_OTHER_EACH_S 16 /* visits to a server of another zone */
#define NAME_SERVER_OTHER_BURST  32

enum name_server_standing {
    NAME_SERVER_UNKNOWN, /* it has not answered since it was silent, or at all */
    NAME_SERVER_ANSWERS,
    NAME_SERVER_PAUSED,
};

struct name_servers;

struct name_servers *name_servers_new(void);
void name_servers_free(struct name_servers *servers); /* NULL is none */
/* `server`: an address, or a domain that the resolver is asked about, at most PEER_NAME_MAX octets.
 * *paused_ms is how long it is left alone still. */
enum name_server_standing name_servers_standing(struct name_servers *servers, const char *server,
                                                int64_t *paused_ms);
void name_servers_answered(struct name_servers *servers, const char *server);
void name_servers_silent(struct name_servers *servers, const char *server, int64_t most_ms);
/* Whether a server of another zone may be asked now; if so, it is counted. */
bool name_servers_take_other(struct name_servers *servers, const char *server);
