/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/exchange.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "dns/message.h"

/* A connection under way. */
struct line {
    const struct dns_place *place;
    int fd;
    int64_t until_ms;
};

static bool timed_out(const struct line *line, struct err *err)
{
    return err_set(err, ERR_TIMEOUT, "%s did not answer in time", line->place->text);
}

static bool failed(const struct line *line, int number, struct err *err)
{
    return err_errno(err, ERR_NET, number, "could not talk to %s", line->place->text);
}

static bool wait_for(const struct line *line, short events, struct err *err)
{
    for (;;) {
        struct pollfd fd = {.fd = line->fd, .events = events};
        int64_t left = line->until_ms - clock_boot_ms();
        int count;

        if (left <= 0)
            return timed_out(line, err);
        count = poll(&fd, 1, (int)left);
        if (count > 0)
            return true;
        if (count < 0 && errno != EINTR)
            return failed(line, errno, err);
    }
}

static bool reach(struct line *line, struct err *err)
{
    int number = 0;
    socklen_t len = sizeof(number);

    line->fd =
        socket(line->place->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line->fd < 0)
        return failed(line, errno, err);
    if (connect(line->fd, (const struct sockaddr *)&line->place->address, line->place->len) == 0)
        return true;
    if (errno != EINPROGRESS)
        return failed(line, errno, err);
    if (!wait_for(line, POLLOUT, err))
        return false;
    if (getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &number, &len) != 0 || number != 0)
        return failed(line, number ? number : errno, err);
    return true;
}

static bool send_all(const struct line *line, struct slice octets, struct err *err)
{
    while (octets.len > 0) {
        ssize_t sent = send(line->fd, octets.data, octets.len, MSG_NOSIGNAL);

        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return failed(line, errno, err);
        if (sent > 0)
            octets = slice_of(octets.data + sent, octets.len - (size_t)sent);
        else if (!wait_for(line, POLLOUT, err))
            return false;
    }
    return true;
}

static bool receive_all(const struct line *line, unsigned char *out, size_t len, struct err *err)
{
    while (len > 0) {
        ssize_t got = recv(line->fd, out, len, 0);

        if (got == 0)
            return err_set(err, ERR_NET, "%s closed the connection", line->place->text);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return failed(line, errno, err);
        if (got > 0) {
            out += got;
            len -= (size_t)got;
        } else if (!wait_for(line, POLLIN, err)) {
            return false;
        }
    }
    return true;
}

static bool converse(struct arena *mem, const struct line *line, struct slice request,
                     struct slice *out, struct err *err)
{
    unsigned char *framed = arena_alloc(mem, request.len + 2), length[2], *answer;
    size_t len;

    framed[0] = (unsigned char)(request.len >> 8);
    framed[1] = (unsigned char)request.len;
    memcpy(framed + 2, request.data, request.len);
    if (!send_all(line, slice_of(framed, request.len + 2), err) ||
        !receive_all(line, length, sizeof(length), err))
        return false;
    len = (size_t)length[0] << 8 | length[1];
    answer = arena_alloc(mem, len);
    if (!receive_all(line, answer, len, err))
        return false;
    if (len < DNS_HEADER_SIZE || memcmp(answer, request.data, 2) != 0)
        return err_set(err, ERR_NET, "%s answered something else", line->place->text);
    *out = slice_of(answer, len);
    return true;
}

bool dns_exchange_tcp(struct arena *mem, const struct dns_place *place, struct slice request,
                      int64_t until_ms, struct slice *out, struct err *err)
{
    AUTO(fd_closep) int fd = -1;
    struct line line = {place, -1, until_ms};
    bool is_reached = reach(&line, err);

    fd = line.fd;
    return is_reached && converse(mem, &line, request, out, err);
}
