/* SPDX-License-Identifier: Apache-2.0 */
#include "db/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { GATE, TURN }; /* which octet of the file is locked */

static bool lock(int fd, int command, short type, off_t octet)
{
    struct flock what = {.l_type = type, .l_whence = SEEK_SET, .l_start = octet, .l_len = 1};
    int result;

    do {
        result = fcntl(fd, command, &what);
    } while (result < 0 && errno == EINTR);
    return result == 0;
}

bool turn_open(const char *path, int *fd, struct err *err)
{
    int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (opened < 0)
        return err_errno(err, ERR_STORE, errno, "could not open %s", path);
    *fd = opened;
    return true;
}

bool turn_take(int fd, struct err *err)
{
    bool is_taken;

    if (!lock(fd, F_OFD_SETLKW, F_WRLCK, GATE))
        return err_errno(err, ERR_STORE, errno, "could not wait for the turn to write");
    is_taken = lock(fd, F_OFD_SETLKW, F_WRLCK, TURN);
    if (!is_taken)
        err_errno(err, ERR_STORE, errno, "could not take the turn to write");
    lock(fd, F_OFD_SETLK, F_UNLCK, GATE);
    return is_taken;
}

void turn_give(int fd)
{
    lock(fd, F_OFD_SETLK, F_UNLCK, TURN);
}
