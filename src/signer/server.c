/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/server.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "signer/address.h"
#include "signer/answer.h"
#include "signer/protocol.h"

#define BACKLOG 16

enum { STOP, LISTENER, FIRST };

struct loop {
    const struct signer_server *server;
    struct pollfd fds[FIRST + SIGNER_CONNECTION_MAX]; /* STOP, LISTENER, connections */
    nfds_t count;
    unsigned char datagram[SIGNER_DATAGRAM_MAX];
};

static struct loop *loop_new(const struct signer_server *server, int stop_fd, int listener)
{
    struct loop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        abort(); /* out of memory */
    loop->server = server;
    loop->fds[STOP] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
    loop->fds[LISTENER] = (struct pollfd){.fd = listener, .events = POLLIN}; /* -1: passed over */
    loop->count = FIRST;
    return loop;
}

static void free_loop(struct loop **loop)
{
    if (*loop)
        OPENSSL_cleanse(*loop, sizeof(**loop));
    free(*loop);
}

/* A reply that does not fit is dropped: who has 96 KiB of replies to read has given up on them. */
static void answer_one(struct loop *loop, int fd, size_t len)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct slice reply;

    if (len > SIGNER_DATAGRAM_MAX)
        len = 0; /* it was cut: not JSON any more */
    reply = signer_answer(mem, loop->server, slice_of(loop->datagram, len));
    (void)!send(fd, reply.data, reply.len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Takes one datagram; false when the other end is gone. MSG_TRUNC: the length that was sent. */
static bool serve_one(struct loop *loop, const struct pollfd *at)
{
    ssize_t len = recv(at->fd, loop->datagram, sizeof(loop->datagram), MSG_DONTWAIT | MSG_TRUNC);

    if (len < 0)
        return errno == EAGAIN || errno == EINTR;
    if (len == 0 && (at->revents & POLLHUP))
        return false;
    answer_one(loop, at->fd, (size_t)len);
    return true;
}

static bool is_own_user(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == geteuid();
}

static void accept_one(struct loop *loop)
{
    int fd = accept4(loop->fds[LISTENER].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return; /* it went away again, or there is no descriptor for it */
    if (loop->count == ARRAY_LEN(loop->fds) || !is_own_user(fd)) {
        (void)close(fd);
        return;
    }
    loop->fds[loop->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void serve_connections(struct loop *loop)
{
    for (nfds_t i = loop->count; i-- > FIRST;) {
        if (!loop->fds[i].revents || serve_one(loop, &loop->fds[i]))
            continue;
        (void)close(loop->fds[i].fd);
        loop->fds[i] = loop->fds[--loop->count];
    }
}

static bool wait_for_work(struct loop *loop, struct err *err)
{
    while (poll(loop->fds, loop->count, -1) < 0)
        if (errno != EINTR)
            return err_errno(err, ERR_SIGNER, errno, "could not wait for requests");
    return true;
}

bool signer_serve_fd(const struct signer_server *server, int fd, int stop_fd, struct err *err)
{
    AUTO(free_loop) struct loop *loop = loop_new(server, stop_fd, -1);

    loop->fds[loop->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    for (;;) {
        if (!wait_for_work(loop, err))
            return false;
        if (loop->fds[STOP].revents)
            return true;
        if (loop->fds[FIRST].revents && !serve_one(loop, &loop->fds[FIRST]))
            return true;
    }
}

/* Removes a socket at the path that nobody answers at. */
static bool remove_dead(const struct sockaddr_un *at, struct err *err)
{
    AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct stat st;

    if (lstat(at->sun_path, &st) != 0)
        return errno == ENOENT ||
               err_errno(err, ERR_CONFIG, errno, "could not look at %s", at->sun_path);
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s is not a socket", at->sun_path);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof(*at)) != 0 &&
        errno == ECONNREFUSED && unlink(at->sun_path) == 0)
        return true;
    return err_set(err, ERR_CONFIG, "another signer answers at %s", at->sun_path);
}

static bool open_listener(const char *path, int *out, struct err *err)
{
    AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un at;

    if (!signer_address(path, &at, err) || !remove_dead(&at, err))
        return false;
    /* The mode of the socket is the mode of the path that bind() makes. */
    if (fd < 0 || fchmod(fd, 0600) != 0 ||
        bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 || listen(fd, BACKLOG) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not listen at %s", path);
    *out = fd;
    fd = -1;
    return true;
}

static bool serve_until_stopped(struct loop *loop, struct err *err)
{
    for (;;) {
        if (!wait_for_work(loop, err))
            return false;
        if (loop->fds[STOP].revents)
            return true;
        serve_connections(loop);
        if (loop->fds[LISTENER].revents)
            accept_one(loop);
    }
}

bool signer_serve_path(const struct signer_server *server, const char *path, int stop_fd,
                       struct err *err)
{
    AUTO(free_loop) struct loop *loop = NULL;
    AUTO(fd_closep) int listener = -1;
    bool is_done;

    if (!open_listener(path, &listener, err))
        return false;
    loop = loop_new(server, stop_fd, listener);
    is_done = serve_until_stopped(loop, err);
    for (nfds_t i = FIRST; i < loop->count; i++)
        (void)close(loop->fds[i].fd);
    (void)unlink(path);
    return is_done;
}
