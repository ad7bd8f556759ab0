/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* unix_path: how a Unix socket is named in an address, which has room for 107 octets only: a longer
 * path is said through a descriptor of its folder (/proc/self/fd/N/name), so that a folder may have
 * any length. */
#include "base/err.h"

#define UNIX_PATH_SIZE 108 /* of sun_path, the NUL included */

struct unix_path {
    int dir_fd; /* -1: none was needed */
    char text[UNIX_PATH_SIZE];
};

/* `out->text` is good until unix_path_close(). ERR_CONFIG when the folder of a long path cannot be
 * opened, or the name alone is too long. */
MUST_CHECK bool unix_path_open(const char *path, struct unix_path *out, struct err *err);
void unix_path_close(struct unix_path *path);
