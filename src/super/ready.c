/* SPDX-License-Identifier: Apache-2.0 */
#include "super/ready.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/slice.h"

struct endpoint {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un un;
    } at;
    socklen_t len;
};

static bool endpoint_parse(const char *where, struct endpoint *out)
{
    const char *colon = strrchr(where, ':');
    char host[INET6_ADDRSTRLEN + 2];
    size_t len = colon ? (size_t)(colon - where) : 0;
    int64_t port;

    *out = (struct endpoint){0};
    if (len == 0 || len >= sizeof(host) || !slice_i64(slice_str(colon + 1), 1, 65535, &port))
        return false;
    memcpy(host, where, len);
    host[len] = '\0';
    if (host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        out->at.v6.sin6_family = AF_INET6;
        out->at.v6.sin6_port = htons((uint16_t)port);
        out->len = sizeof(out->at.v6);
        return inet_pton(AF_INET6, host + 1, &out->at.v6.sin6_addr) == 1;
    }
    out->at.v4.sin_family = AF_INET;
    out->at.v4.sin_port = htons((uint16_t)port);
    out->len = sizeof(out->at.v4);
    return inet_pton(AF_INET, host, &out->at.v4.sin_addr) == 1;
}

static bool can_connect(const struct endpoint *endpoint)
{
    int fd = socket(endpoint->at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool can = fd >= 0 && connect(fd, &endpoint->at.any, endpoint->len) == 0;

    if (fd >= 0)
        close(fd);
    return can;
}

bool ready_unix(const char *path)
{
    struct endpoint endpoint = {.at.un.sun_family = AF_UNIX, .len = sizeof(endpoint.at.un)};

    assert(strlen(path) < sizeof(endpoint.at.un.sun_path));
    memcpy(endpoint.at.un.sun_path, path, strlen(path) + 1);
    return can_connect(&endpoint);
}

bool ready_tcp(const char *where)
{
    struct endpoint endpoint;

    return endpoint_parse(where, &endpoint) && can_connect(&endpoint);
}

bool ready_port_is_free(const char *where)
{
    struct endpoint endpoint;
    int fd, number = EINVAL, yes = 1;
    bool is_free = false;

    if (endpoint_parse(where, &endpoint)) {
        fd = socket(endpoint.at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0) {
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
            is_free = bind(fd, &endpoint.at.any, endpoint.len) == 0;
        }
        number = errno;
        if (fd >= 0)
            close(fd);
    }
    errno = number;
    return is_free;
}
