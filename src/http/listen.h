/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* listen: a listening stream socket at a path of the file system. Internal to src/http. */
#include "base/err.h"

/* Replaces a socket that nobody answers on; ERR_CONFIG when one does, when something else is at the
 * path, or when its name is too long (net/unix_path.h; the folder may have any length). */
MUST_CHECK bool listen_unix(const char *path, unsigned mode, int *out, struct err *err);
/* Closes it and removes the path. */
void unlisten_unix(const char *path, int fd);
