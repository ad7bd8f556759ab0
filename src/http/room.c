/* SPDX-License-Identifier: Apache-2.0 */
#include "http/room.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"

#define BUCKETS 1024u

/* Deadlines are met within this many milliseconds; it bounds how often all parked are looked at. */
#define GRAIN_MS 5

struct room {
    pthread_mutex_t lock;
    pthread_t thread;
    room_ready *ready;
    int epoll, poke; /* poke: an eventfd that makes the thread look again */
    bool is_closed, has_thread;
    int64_t next_look;           /* when the thread will look at the deadlines by itself */
    struct room_waiter **parked; /* by descriptor */
    size_t parked_size;
    struct room_waiter *buckets[BUCKETS];
};

static size_t bucket_of(const char *key)
{
    return hash_text(key) % BUCKETS;
}

static void insert(struct room *room, struct room_waiter *waiter)
{
    struct room_waiter **head = &room->buckets[bucket_of(waiter->key)];

    waiter->prev = NULL;
    waiter->next = *head;
    if (*head)
        (*head)->prev = waiter;
    *head = waiter;
    waiter->is_watching = true;
}

static void remove_watch(struct room *room, struct room_waiter *waiter)
{
    assert(!waiter->is_parked);
    if (!waiter->is_watching)
        return;
    if (waiter->prev)
        waiter->prev->next = waiter->next;
    else
        room->buckets[bucket_of(waiter->key)] = waiter->next;
    if (waiter->next)
        waiter->next->prev = waiter->prev;
    waiter->is_watching = false;
}

static void poke(struct room *room)
{
    const uint64_t one = 1;

    if (write(room->poke, &one, sizeof(one)) < 0)
        assert(errno == EAGAIN); /* it is poked already */
}

static void release(struct room *room, struct room_waiter *waiter, enum room_reason reason)
{
    if (waiter->is_parked) {
        waiter->is_parked = false;
        room->parked[waiter->fd] = NULL;
        epoll_ctl(room->epoll, EPOLL_CTL_DEL, waiter->fd, NULL);
    }
    waiter->reason = reason;
    waiter->is_woken = false;
    room->ready(waiter);
}

/* Under the lock. Releases whose time is up; returns how long the thread may sleep, -1 = until it
 * is poked. */
static int look(struct room *room)
{
    int64_t now = clock_boot_ms(), first = INT64_MAX;

    for (size_t fd = 0; fd < room->parked_size; fd++) {
        struct room_waiter *w = room->parked[fd];

        if (w && w->until <= now)
            release(room, w, ROOM_DEADLINE);
        else if (w && w->until < first)
            first = w->until;
    }
    room->next_look = first;
    if (first == INT64_MAX)
        return -1;
    return first - now < GRAIN_MS ? GRAIN_MS : (int)(first - now);
}

static void drain_poke(struct room *room)
{
    uint64_t count;

    if (read(room->poke, &count, sizeof(count)) < 0)
        assert(errno == EAGAIN);
}

/* Asked again under the lock: since the event the descriptor may have become another client's. */
static bool has_hung_up(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};

    return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static void meet(struct room *room, const struct epoll_event *event)
{
    int fd = event->data.fd;
    struct room_waiter *waiter;

    if (fd == room->poke) {
        drain_poke(room);
        return;
    }
    waiter = room->parked[fd];
    if (waiter && has_hung_up(fd))
        release(room, waiter, ROOM_GONE);
}

static void *keep(void *arg)
{
    struct room *room = arg;
    struct epoll_event events[64];
    int n = 0;

    for (;;) {
        int sleep_ms;

        pthread_mutex_lock(&room->lock);
        for (int i = 0; i < n; i++)
            meet(room, &events[i]);
        if (room->is_closed)
            break;
        sleep_ms = look(room);
        pthread_mutex_unlock(&room->lock);
        n = epoll_wait(room->epoll, events, (int)ARRAY_LEN(events), sleep_ms);
    }
    pthread_mutex_unlock(&room->lock);
    return NULL;
}

static bool open_descriptors(struct room *room, struct err *err)
{
    struct epoll_event event = {.events = EPOLLIN};

    room->epoll = epoll_create1(EPOLL_CLOEXEC);
    room->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    event.data.fd = room->poke;
    if (room->epoll < 0 || room->poke < 0 ||
        epoll_ctl(room->epoll, EPOLL_CTL_ADD, room->poke, &event) != 0)
        return err_errno(err, ERR_INTERNAL, errno, "could not make the waiting room");
    return true;
}

bool room_new(room_ready *ready, struct room **out, struct err *err)
{
    struct room *room = calloc(1, sizeof(*room));
    int rc;

    if (!room)
        abort();
    room->ready = ready;
    room->next_look = INT64_MAX;
    pthread_mutex_init(&room->lock, NULL);
    if (!open_descriptors(room, err)) {
        room_free(room);
        return false;
    }
    rc = pthread_create(&room->thread, NULL, keep, room);
    if (rc != 0) {
        room_free(room);
        return err_errno(err, ERR_INTERNAL, rc, "could not start the thread of the waiting room");
    }
    room->has_thread = true;
    *out = room;
    return true;
}

void room_watch(struct room *room, struct room_waiter *waiter, const char *key)
{
    size_t len = strlen(key);

    assert(len < sizeof(waiter->key));
    pthread_mutex_lock(&room->lock);
    remove_watch(room, waiter);
    memcpy(waiter->key, key, len + 1);
    waiter->is_woken = false;
    insert(room, waiter);
    pthread_mutex_unlock(&room->lock);
}

static void make_place(struct room *room, int fd)
{
    size_t size = room->parked_size ? room->parked_size : 64;
    struct room_waiter **grown;

    if ((size_t)fd < room->parked_size)
        return;
    while (size <= (size_t)fd)
        size *= 2;
    grown = calloc(size, sizeof(struct room_waiter *));
    if (!grown)
        abort();
    if (room->parked_size)
        memcpy(grown, room->parked, room->parked_size * sizeof(struct room_waiter *));
    free(room->parked);
    room->parked = grown;
    room->parked_size = size;
}

static void park(struct room *room, struct room_waiter *waiter)
{
    struct epoll_event event = {.events = EPOLLRDHUP, .data.fd = waiter->fd};

    make_place(room, waiter->fd);
    assert(!room->parked[waiter->fd]);
    room->parked[waiter->fd] = waiter;
    waiter->is_parked = true;
    /* When it cannot be watched, the deadline ends it. */
    (void)epoll_ctl(room->epoll, EPOLL_CTL_ADD, waiter->fd, &event);
    if (waiter->until < room->next_look) {
        room->next_look = waiter->until;
        poke(room);
    }
}

void room_park(struct room *room, struct room_waiter *waiter, int64_t until, int fd)
{
    pthread_mutex_lock(&room->lock);
    assert(waiter->is_watching && !waiter->is_parked);
    waiter->until = until;
    waiter->fd = fd;
    if (waiter->is_woken)
        release(room, waiter, ROOM_WOKEN);
    else if (room->is_closed)
        release(room, waiter, ROOM_DEADLINE);
    else
        park(room, waiter);
    pthread_mutex_unlock(&room->lock);
}

void room_wake(struct room *room, const char *key)
{
    struct room_waiter *next;

    pthread_mutex_lock(&room->lock);
    for (struct room_waiter *w = room->buckets[bucket_of(key)]; w; w = next) {
        next = w->next;
        if (strcmp(w->key, key) != 0)
            continue;
        w->is_woken = true;
        if (w->is_parked)
            release(room, w, ROOM_WOKEN);
    }
    pthread_mutex_unlock(&room->lock);
}

void room_leave(struct room *room, struct room_waiter *waiter)
{
    pthread_mutex_lock(&room->lock);
    remove_watch(room, waiter);
    pthread_mutex_unlock(&room->lock);
}

void room_close(struct room *room)
{
    pthread_mutex_lock(&room->lock);
    room->is_closed = true;
    for (size_t fd = 0; fd < room->parked_size; fd++)
        if (room->parked[fd])
            release(room, room->parked[fd], ROOM_DEADLINE);
    poke(room);
    pthread_mutex_unlock(&room->lock);
}

void room_free(struct room *room)
{
    if (!room)
        return;
    if (room->has_thread)
        pthread_join(room->thread, NULL);
    if (room->epoll >= 0)
        close(room->epoll);
    if (room->poke >= 0)
        close(room->poke);
    pthread_mutex_destroy(&room->lock);
    free(room->parked);
    free(room);
}
