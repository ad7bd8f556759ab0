/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* listen: a listening stream socket at a path of the file system. Internal to src/http. */
#include "base/err.h"

/* Replaces a socket that nobody answers on; ERR_CONFIG when one does, when something else is at the
 * path, or when the path is longer than a socket address holds (107 octets). One that is in the
 * current folder is opened by its name alone, so that only the name counts. */
MUST_CHECK bool listen_unix(const char *path, unsigned mode, int *out, struct err *err);
/* Closes it and removes the path. */
void unlisten_unix(const char *path, int fd);
