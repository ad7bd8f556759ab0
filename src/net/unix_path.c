/* SPDX-License-Identifier: Apache-2.0 */
#include "net/unix_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(UNIX_PATH_SIZE == sizeof((struct sockaddr_un){0}.sun_path), "of the system");

static bool open_dir(const char *path, size_t len, int *out, struct err *err)
{
    char dir[PATH_MAX];

    if (len >= sizeof(dir))
        return err_set(err, ERR_CONFIG, "a path of %zu octets, at most %zu are possible", len,
                       sizeof(dir) - 1);
    memcpy(dir, path, len);
    dir[len] = '\0';
    *out = open(len == 0 ? "/" : dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *out >= 0 || err_errno(err, ERR_CONFIG, errno, "could not open the folder of %s", path);
}

bool unix_path_open(const char *path, struct unix_path *out, struct err *err)
{
    const char *name = strrchr(path, '/');
    struct unix_path found = {.dir_fd = -1};
    size_t len = strlen(path);
    int written;

    if (len > 0 && len < sizeof(found.text)) {
        memcpy(found.text, path, len);
        *out = found;
        return true;
    }
    if (!name)
        return err_set(err, ERR_CONFIG, "a socket path of %zu octets, 1 to %zu are allowed: %s",
                       len, sizeof(found.text) - 1, path);
    if (!open_dir(path, (size_t)(name - path), &found.dir_fd, err))
        return false;
    written = snprintf(found.text, sizeof(found.text), "/proc/self/fd/%d%s", found.dir_fd, name);
    if (written < 0 || (size_t)written >= sizeof(found.text)) {
        unix_path_close(&found);
        return err_set(err, ERR_CONFIG, "the name of the socket is too long: %s", path);
    }
    *out = found;
    return true;
}

void unix_path_close(struct unix_path *path)
{
    if (path->dir_fd >= 0)
        close(path->dir_fd);
    path->dir_fd = -1;
}
