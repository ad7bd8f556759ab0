/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* fd: a file descriptor that belongs to a scope, by AUTO(fd_closep); -1 is none. What must be on
 * disk is synced before: what close() says is not looked at. */
#include <unistd.h>

static inline void fd_closep(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
