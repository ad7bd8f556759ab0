/* SPDX-License-Identifier: Apache-2.0 */
#include "http/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/unix_path.h"

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

static bool is_answered(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_connected =
        fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

    if (fd >= 0)
        close(fd);
    return is_connected;
}

static bool clear_path(const char *path, const struct sockaddr_un *address, struct err *err)
{
    struct stat st;

    if (lstat(address->sun_path, &st) != 0)
        return true;
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s is there and is no socket", path);
    if (is_answered(address))
        return err_set(err, ERR_CONFIG, "another process listens on %s", path);
    if (unlink(address->sun_path) != 0)
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

static bool listen_at(const char *path, const struct sockaddr_un *address, unsigned mode, int *out,
                      struct err *err)
{
    int fd;

    if (!clear_path(path, address, err))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || !bind_and_listen(fd, address, mode)) {
        err_errno(err, ERR_CONFIG, errno, "could not listen on %s", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    *out = fd;
    return true;
}

bool listen_unix(const char *path, unsigned mode, int *out, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct unix_path said;
    bool is_listening;

    if (!unix_path_open(path, &said, err))
        return false;
    memcpy(address.sun_path, said.text, sizeof(said.text));
    is_listening = listen_at(path, &address, mode, out, err);
    unix_path_close(&said);
    return is_listening;
}

void unlisten_unix(const char *path, int fd)
{
    close(fd);
    (void)unlink(path); /* somebody may have removed it: then there is nothing to do */
}
