/* SPDX-License-Identifier: Apache-2.0 */
#include "super/zone_watch.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/log.h"
#include "super/generate.h"

#define AGAIN_NS 500000000

/* Whether there was something to read, which is thrown away. */
static bool drain(int fd)
{
    char octets[4096];
    bool any = false;

    while (read(fd, octets, sizeof(octets)) > 0)
        any = true;
    return any;
}

/* A zone came, went or changed, or the time has come to say so once more: a SIGHUP that reaches
 * Knot right at the end of a reload wakes nobody there until the next one. */
void zone_watch_look(const struct zone_watch *watch, struct supervisor *super)
{
    static const struct itimerspec again = {.it_value = {.tv_nsec = AGAIN_NS}};
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct err err = {0};

    (void)drain(watch->timer);
    if (drain(watch->files))
        (void)timerfd_settime(watch->timer, 0, &again, NULL);
    if (!generate_knot(mem, watch->layout, watch->update_secret, &err))
        LOG(ERROR, "run.zones", KERR(&err));
    supervisor_signal(super, "dns", SIGHUP);
}

static bool add(int epoll, int fd)
{
    return fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){EPOLLIN, {0}}) == 0;
}

bool zone_watch_open(struct zone_watch *watch, struct err *err)
{
    const char *folder = watch->layout->zones;

    watch->files = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    watch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    watch->fd = epoll_create1(EPOLL_CLOEXEC);
    if (watch->files < 0 || watch->fd < 0 ||
        inotify_add_watch(watch->files, folder,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE) < 0 ||
        !add(watch->fd, watch->files) || !add(watch->fd, watch->timer))
        return err_errno(err, ERR_CONFIG, errno, "cannot watch %s", folder);
    return true;
}

void zone_watch_close(struct zone_watch *watch)
{
    const int open[] = {watch->fd, watch->files, watch->timer};

    for (size_t i = 0; i < ARRAY_LEN(open); i++)
        if (open[i] > 0)
            close(open[i]);
}
