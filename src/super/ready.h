/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* ready: whether a child can be used yet, asked from outside, without waiting. */
#include "base/base.h"

enum ready_kind {
    READY_AT_ONCE, /* as soon as it runs */
    READY_UNIX,    /* the socket accepts; `where` is its path */
    READY_TCP,     /* the port accepts; `where` is "127.0.0.1:8444" or "[::1]:8444" */
    READY_FILE,    /* the file `where` is there */
    READY_EXIT,    /* when it has ended well: a step, which is not run again */
};

bool ready_unix(const char *path); /* at most 107 octets: relative to the current folder */
bool ready_tcp(const char *where);
/* Whether nothing listens there: true, or false with errno. */
bool ready_port_is_free(const char *where);
