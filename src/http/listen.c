/* SPDX-License-Identifier: Apache-2.0 */
#include "http/listen.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

/* The path as short as it can be said: a name alone when it is in the current folder. */
static const char *from_here(const char *path)
{
    const char *slash = strrchr(path, '/');
    char here[PATH_MAX];

    if (!slash || !getcwd(here, sizeof(here)) || strlen(here) != (size_t)(slash - path) ||
        memcmp(here, path, strlen(here)) != 0)
        return path;
    return slash + 1;
}

static bool address_of(const char *path, struct sockaddr_un *out, struct err *err)
{
    const char *said = from_here(path);
    size_t len = strlen(said);

    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len == 0 || len >= sizeof(out->sun_path))
        return err_set(err, ERR_CONFIG, "a socket path of %zu octets, 1 to %zu are allowed: %s",
                       len, sizeof(out->sun_path) - 1, path);
    memcpy(out->sun_path, said, len);
    return true;
}

static bool is_answered(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_connected =
        fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

    if (fd >= 0)
        close(fd);
    return is_connected;
}

static bool clear_path(const struct sockaddr_un *address, struct err *err)
{
    const char *path = address->sun_path;
    struct stat st;

    if (lstat(path, &st) != 0)
        return true;
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s is there and is no socket", path);
    if (is_answered(address))
        return err_set(err, ERR_CONFIG, "another process listens on %s", path);
    if (unlink(path) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not remove the old socket %s", path);
    return true;
}

/* The mode is set before the path exists, so that nobody connects in between; then again, because
 * the umask took its part. */
static bool bind_and_listen(int fd, const struct sockaddr_un *address, unsigned mode)
{
    return fchmod(fd, mode) == 0 &&
           bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
           chmod(address->sun_path, mode) == 0 && listen(fd, BACKLOG) == 0;
}

bool listen_unix(const char *path, unsigned mode, int *out, struct err *err)
{
    struct sockaddr_un address;
    int fd;

    if (!address_of(path, &address, err) || !clear_path(&address, err))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || !bind_and_listen(fd, &address, mode)) {
        err_errno(err, ERR_CONFIG, errno, "could not listen on %s", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    *out = fd;
    return true;
}

void unlisten_unix(const char *path, int fd)
{
    close(fd);
    (void)unlink(path); /* somebody may have removed it: then there is nothing to do */
}
