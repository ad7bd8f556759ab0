/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unbound-event.h>

#include "base/clock.h"

/* A socket, a timer, or a socket with a timer. Active ones are in a list of their loop. */
struct event {
    struct ub_event as; /* first: what libunbound sees */
    struct dns_loop *loop;
    struct event *next, **link; /* link NULL: not active */
    int fd;                     /* -1: none */
    short bits, happened;       /* UB_EV_ */
    int64_t due_ms;             /* clock_boot_ms(); INT64_MAX: never */
    void (*tell)(int fd, short bits, void *arg);
    void *arg;
};

struct dns_loop {
    struct ub_event_base as; /* first: what libunbound sees */
    struct event *active;
    struct pollfd *fds; /* room for every event that there is */
    size_t room, count; /* of events */
};

static struct event *event_of(struct ub_event *as)
{
    return (struct event *)as;
}

static struct dns_loop *loop_of(struct ub_event_base *as)
{
    return (struct dns_loop *)as;
}

/* ---- events ---- */

static int stop(struct ub_event *as)
{
    struct event *event = event_of(as);

    event->happened = 0;
    if (!event->link)
        return 0;
    *event->link = event->next;
    if (event->next)
        event->next->link = event->link;
    event->link = NULL;
    return 0;
}

static int64_t due_in(const struct timeval *wait)
{
    return wait ? clock_boot_ms() + (int64_t)wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000
                : INT64_MAX;
}

static int start(struct ub_event *as, struct timeval *wait)
{
    struct event *event = event_of(as);
    struct dns_loop *loop = event->loop;

    stop(as);
    event->due_ms = due_in(wait);
    event->next = loop->active;
    event->link = &loop->active;
    if (event->next)
        event->next->link = &event->next;
    loop->active = event;
    return 0;
}

static int start_timer(struct ub_event *as, struct ub_event_base *base,
                       void (*tell)(int, short, void *), void *arg, struct timeval *wait)
{
    struct event *event = event_of(as);

    assert(event->loop == loop_of(base));
    event->tell = tell;
    event->arg = arg;
    return start(as, wait);
}

static void add_bits(struct ub_event *as, short bits)
{
    event_of(as)->bits = (short)(event_of(as)->bits | bits);
}

static void drop_bits(struct ub_event *as, short bits)
{
    event_of(as)->bits = (short)(event_of(as)->bits & ~bits);
}

static void set_fd(struct ub_event *as, int fd)
{
    event_of(as)->fd = fd;
}

static void free_event(struct ub_event *as)
{
    stop(as);
    event_of(as)->loop->count--;
    free(as);
}

/* Signals and what Windows has are not asked for in a library. */
static struct ub_event_vmt event_calls = {
    .add_bits = add_bits,
    .del_bits = drop_bits,
    .set_fd = set_fd,
    .free = free_event,
    .add = start,
    .del = stop,
    .add_timer = start_timer,
    .del_timer = stop,
};

/* ---- the loop ---- */

static void make_room(struct dns_loop *loop)
{
    if (loop->count++ < loop->room)
        return;
    loop->room = 2 * loop->count;
    loop->fds = reallocarray(loop->fds, loop->room, sizeof(*loop->fds));
    if (!loop->fds)
        abort(); /* out of memory */
}

static struct ub_event *new_event(struct ub_event_base *base, int fd, short bits,
                                  void (*tell)(int, short, void *), void *arg)
{
    struct event *event = calloc(1, sizeof(*event));

    if (!event)
        abort(); /* out of memory */
    make_room(loop_of(base));
    *event = (struct event){.as = {UB_EVENT_MAGIC, &event_calls},
                            .loop = loop_of(base),
                            .fd = fd,
                            .bits = bits,
                            .tell = tell,
                            .arg = arg};
    return &event->as;
}

/* dns_loop_wait() returns by itself. */
static int leave(struct ub_event_base *base, struct timeval *wait)
{
    (void)base;
    (void)wait;
    return 0;
}

static struct ub_event_base_vmt base_calls = {.loopexit = leave, .new_event = new_event};

struct dns_loop *dns_loop_new(void)
{
    struct dns_loop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        abort(); /* out of memory */
    loop->as = (struct ub_event_base){UB_EVENT_MAGIC, &base_calls};
    return loop;
}

void dns_loop_free(struct dns_loop *loop)
{
    if (!loop)
        return;
    assert(loop->count == 0);
    free(loop->fds);
    free(loop);
}

struct ub_event_base *dns_loop_base(struct dns_loop *loop)
{
    return &loop->as;
}

/* ---- waiting ---- */

static short wanted(const struct event *event)
{
    return (short)((event->bits & UB_EV_READ ? POLLIN : 0) |
                   (event->bits & UB_EV_WRITE ? POLLOUT : 0));
}

/* A socket that has failed or is closed is ready for whatever is wanted. */
static short happened(const struct event *event, short ready)
{
    short bits = event->bits & (UB_EV_READ | UB_EV_WRITE);

    if (ready & (POLLERR | POLLHUP | POLLNVAL))
        return bits;
    return (short)(bits &
                   ((ready & POLLIN ? UB_EV_READ : 0) | (ready & POLLOUT ? UB_EV_WRITE : 0)));
}

/* Fills loop->fds, in the order of the active events, and says when the first is due. */
static size_t list_active(struct dns_loop *loop, int64_t *first)
{
    size_t count = 0;

    for (const struct event *event = loop->active; event; event = event->next) {
        short events = wanted(event);

        loop->fds[count++] = (struct pollfd){.fd = events ? event->fd : -1, .events = events};
        if (event->due_ms < *first)
            *first = event->due_ms;
    }
    return count;
}

static void note_ready(struct dns_loop *loop)
{
    const struct pollfd *fd = loop->fds;

    for (struct event *event = loop->active; event; event = event->next, fd++)
        event->happened = fd->fd >= 0 ? happened(event, fd->revents) : 0;
}

static void note_due(struct dns_loop *loop)
{
    int64_t now = clock_boot_ms();

    for (struct event *event = loop->active; event; event = event->next)
        event->happened = event->due_ms <= now ? UB_EV_TIMEOUT : 0;
}

static struct event *next_happened(const struct dns_loop *loop)
{
    struct event *event = loop->active;

    while (event && !event->happened)
        event = event->next;
    return event;
}

static void tell(struct event *event)
{
    short bits = event->happened;

    event->happened = 0;
    if (bits == UB_EV_TIMEOUT)
        event->due_ms = INT64_MAX;
    if (!(event->bits & UB_EV_PERSIST))
        stop(&event->as);
    event->tell(event->fd, bits, event->arg);
}

/* What is told of one may stop, start and free others: each time the list is gone through anew. */
static void tell_all(struct dns_loop *loop)
{
    struct event *event;

    while ((event = next_happened(loop)))
        tell(event);
}

bool dns_loop_wait(struct dns_loop *loop, int64_t until_ms, struct err *err)
{
    size_t count = list_active(loop, &until_ms);
    int64_t left = until_ms - clock_boot_ms();

    if (poll(loop->fds, (nfds_t)count, left > 0 ? (int)left : 0) < 0 && errno != EINTR)
        return err_errno(err, ERR_DNS, errno, "could not wait for DNS");
    note_ready(loop);
    tell_all(loop);
    note_due(loop); /* an answer that is there is in time, however late somebody looks */
    tell_all(loop);
    return true;
}
