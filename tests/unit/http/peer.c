/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

void peer_start(struct peer *peer, struct http_options options)
{
    struct err err = {0};

    log_set_up(LOG_ERROR, LOG_LOGFMT);
    snprintf(peer->dir, sizeof(peer->dir), "/tmp/latchkey-http-XXXXXX");
    if (!mkdtemp(peer->dir))
        abort();
    snprintf(peer->path, sizeof(peer->path), "%s/http.sock", peer->dir);
    options.socket_path = peer->path;
    options.socket_mode = 0600;
    if (!http_server_start(&options, &peer->server, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
}

void peer_stop(struct peer *peer)
{
    http_server_stop(peer->server);
    peer->server = NULL;
    assert(access(peer->path, F_OK) != 0);
    rmdir(peer->dir);
}

int peer_connect(const struct peer *peer)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", peer->path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        abort();
    return fd;
}

void peer_send(int fd, const void *data, size_t len)
{
    const char *p = data;

    while (len > 0) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* cut: the reply tells */
        p += n;
        len -= (size_t)n;
    }
}

static ssize_t read_some(int fd, void *data, size_t len, int wait_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    if (poll(&p, 1, wait_ms) <= 0)
        return -1;
    return recv(fd, data, len, 0);
}

static bool read_head(int fd, struct reply *out)
{
    size_t len = 0;

    while (len < sizeof(out->head) - 1) {
        if (read_some(fd, out->head + len, 1, 10000) != 1)
            return false;
        out->head[++len] = '\0';
        if (len >= 4 && memcmp(out->head + len - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

void peer_read(int fd, bool is_head, struct reply *out)
{
    char value[256];
    size_t want;

    *out = (struct reply){0};
    if (!read_head(fd, out))
        return;
    out->status = (int)strtol(out->head + 9, NULL, 10);
    want = strtoul(reply_header(out, "Content-Length", value), NULL, 10);
    assert(want < sizeof(out->body));
    while (!is_head && out->body_len < want) {
        ssize_t n = read_some(fd, out->body + out->body_len, want - out->body_len, 10000);

        if (n <= 0)
            return;
        out->body_len += (size_t)n;
    }
}

void peer_ask(const struct peer *peer, const char *request, size_t len, struct reply *out)
{
    int fd = peer_connect(peer);
    char rest;

    peer_send(fd, request, len);
    peer_read(fd, strncmp(request, "HEAD", 4) == 0, out);
    out->is_closed = read_some(fd, &rest, 1, 50) >= 0 || errno == ECONNRESET;
    close(fd);
}

const char *reply_header(const struct reply *reply, const char *name, char value[256])
{
    size_t name_len = strlen(name);

    value[0] = '\0';
    for (const char *line = strstr(reply->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, name_len) == 0 && line[name_len] == ':') {
            snprintf(value, 256, "%.*s", (int)strcspn(line + name_len + 2, "\r"),
                     line + name_len + 2);
            break;
        }
    }
    return value;
}
