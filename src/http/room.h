/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * room: where requests wait without holding a thread, until their key is woken, their time is up or
 * their client has gone. One thread of its own for the last two.
 *
 * A waiter is either outside (not watching), watching (wakes are remembered) or parked (a wake
 * makes it ready). `ready` is called exactly once for each room_park(), under the room's lock: it
 * must only hand the waiter on.
 */
#include "base/err.h"

#define ROOM_KEY_MAX 128

enum room_reason { ROOM_WOKEN, ROOM_DEADLINE, ROOM_GONE };

struct room;

/* Embedded in what waits; zeroed at first. */
struct room_waiter {
    char key[ROOM_KEY_MAX];
    bool is_watching, is_woken, is_parked;
    enum room_reason reason;         /* of the last ready */
    int64_t until;                   /* clock_boot_ms() */
    int fd;                          /* of the client */
    struct room_waiter *prev, *next; /* in the bucket of its key */
};

typedef void room_ready(struct room_waiter *waiter);

MUST_CHECK bool room_new(room_ready *ready, struct room **out, struct err *err);
/* From here on a wake of `key` (shorter than ROOM_KEY_MAX: asserted) counts. Forgets another key
 * and earlier wakes. */
void room_watch(struct room *room, struct room_waiter *waiter, const char *key);
/* Must be watching. Ready at once when woken since room_watch(), or (ROOM_DEADLINE) when the room
 * is closed. */
void room_park(struct room *room, struct room_waiter *waiter, int64_t until, int fd);
void room_wake(struct room *room, const char *key);
/* Ends the watching; not while parked. */
void room_leave(struct room *room, struct room_waiter *waiter);
/* All parked are ready with ROOM_DEADLINE, and so is whoever parks later. */
void room_close(struct room *room);
void room_free(struct room *room); /* closed and empty; NULL is fine */
