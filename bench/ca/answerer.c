/* SPDX-License-Identifier: Apache-2.0 */
#include "answerer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define REQUEST_MAX 4096
#define BACKLOG     4096
#define READ_S      2
#define PATH        "/.well-known/acme-challenge/"

struct answerer {
    int fd;
    const char *const *thumbprints;
    size_t count;
    uint64_t answered;
    pthread_t thread;
};

/* NULL: not one of ours. */
static const char *thumbprint_for(const struct answerer *a, const char *request)
{
    const char *host = strcasestr(request, "\nHost:");
    const char *dash = host ? strchr(host, '-') : NULL;
    size_t account = dash ? strtoul(dash + 1, NULL, 10) : a->count;

    return account < a->count ? a->thumbprints[account] : NULL;
}

static void answer(struct answerer *a, int fd, const char *request)
{
    const char *token = strstr(request, PATH), *thumbprint = thumbprint_for(a, request);
    char text[512];
    int token_len, len;

    if (!token || !thumbprint)
        return;
    token += strlen(PATH);
    token_len = (int)strcspn(token, " ");
    len = snprintf(text, sizeof(text),
                   "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%.*s.%s",
                   (size_t)token_len + 1 + strlen(thumbprint), token_len, token, thumbprint);
    a->answered += send(fd, text, (size_t)len, MSG_NOSIGNAL) == len;
}

static void serve(struct answerer *a, int fd)
{
    const struct timeval limit = {.tv_sec = READ_S};
    char request[REQUEST_MAX + 1] = "";
    size_t len = 0;
    ssize_t n;

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    while (len < REQUEST_MAX && !strstr(request, "\r\n\r\n")) {
        n = recv(fd, request + len, REQUEST_MAX - len, 0);
        if (n <= 0)
            return;
        len += (size_t)n;
        request[len] = '\0';
    }
    answer(a, fd, request);
}

static void *run(void *arg)
{
    struct answerer *a = arg;

    for (;;) {
        int fd = accept4(a->fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0 && errno == EINVAL)
            return NULL; /* shut down */
        if (fd < 0)
            continue;
        serve(a, fd);
        close(fd);
    }
}

bool answerer_start(uint16_t port, const char *const *thumbprints, size_t count,
                    struct answerer **out, struct err *err)
{
    const struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct answerer *a = calloc(1, sizeof(*a));
    const int on = 1;

    if (!a)
        abort();
    *a = (struct answerer){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                           .thumbprints = thumbprints,
                           .count = count};
    (void)setsockopt(a->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(a->fd, (const struct sockaddr *)&at, sizeof(at)) != 0 || listen(a->fd, BACKLOG) != 0) {
        int number = errno;

        close(a->fd);
        free(a);
        return err_errno(err, ERR_NET, number, "could not listen on port %u", port);
    }
    if (pthread_create(&a->thread, NULL, run, a) != 0)
        abort();
    *out = a;
    return true;
}

uint64_t answerer_stop(struct answerer *answerer)
{
    uint64_t answered;

    shutdown(answerer->fd, SHUT_RDWR);
    pthread_join(answerer->thread, NULL);
    answered = answerer->answered;
    close(answerer->fd);
    free(answerer);
    return answered;
}
