/* SPDX-License-Identifier: Apache-2.0 */
#include "db/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "db/db.h"

enum { GATE, TURN, PLACES }; /* which octet of the file is locked; of the places, the first */

static bool lock(int fd, int command, short type, off_t octet)
{
    struct flock what = {.l_type = type, .l_whence = SEEK_SET, .l_start = octet, .l_len = 1};
    int result;

    do {
        result = fcntl(fd, command, &what);
    } while (result < 0 && errno == EINTR);
    return result == 0;
}

static bool name_file(const char *database, char path[PATH_MAX], struct err *err)
{
    return snprintf(path, PATH_MAX, "%s-turn", database) < PATH_MAX ||
           err_set(err, ERR_STORE, "the path of the database is too long: %s", database);
}

bool turn_open(const char *database, int *fd, struct err *err)
{
    char path[PATH_MAX];
    int opened;

    if (!name_file(database, path, err))
        return false;
    opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
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

bool turn_take_place(int fd, unsigned *place, struct err *err)
{
    for (unsigned i = 0; i < DB_PLACES_MAX; i++) {
        if (lock(fd, F_OFD_SETLK, F_WRLCK, PLACES + i)) {
            *place = i + 1;
            return true;
        }
        if (errno != EAGAIN && errno != EACCES)
            return err_errno(err, ERR_STORE, errno, "could not take a place at the database");
    }
    return err_set(err, ERR_CONFIG, "%d workers are at this database already: no more are possible",
                   DB_PLACES_MAX);
}

void turn_tell(int fd)
{
    (void)!pwrite(fd, "", 1, TURN);
}

int turn_watch(const char *database)
{
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    char path[PATH_MAX];
    struct err ignored;

    if (watch < 0)
        return -1;
    if (name_file(database, path, &ignored) && inotify_add_watch(watch, path, IN_MODIFY) >= 0)
        return watch;
    close(watch);
    return -1;
}

void turn_watch_clear(int watch)
{
    char events[16 * sizeof(struct inotify_event)]; /* like ones in a row are one */

    if (watch >= 0)
        (void)!read(watch, events, sizeof(events));
}
