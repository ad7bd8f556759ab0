/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

const char *ca_state_path(struct arena *mem, const char *dir, const char *name)
{
    return arena_printf(mem, "%s/%s", dir, name);
}

bool ca_state_make_dir(const char *dir, struct err *err)
{
    if (mkdir(dir, 0700) == 0 || errno == EEXIST)
        return true;
    return err_errno(err, ERR_CONFIG, errno, "cannot make the folder %s", dir);
}

bool ca_state_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool read_all(int fd, unsigned char *data, size_t len)
{
    for (size_t have = 0; have < len;) {
        ssize_t n = read(fd, data + have, len - have);

        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    return true;
}

bool ca_state_read(struct arena *mem, const char *path, size_t max, struct slice *out,
                   struct err *err)
{
    AUTO(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    unsigned char *data;
    struct stat st;

    if (fd < 0 && errno == ENOENT) {
        *out = slice_of(NULL, 0);
        return true;
    }
    if (fd < 0 || fstat(fd, &st) != 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot read %s", path);
    if ((size_t)st.st_size > max)
        return err_set(err, ERR_CONFIG, "%s has %lld octets, at most %zu are read", path,
                       (long long)st.st_size, max);
    data = arena_alloc(mem, (size_t)st.st_size + 1);
    if (!read_all(fd, data, (size_t)st.st_size))
        return err_errno(err, ERR_CONFIG, errno, "cannot read %s", path);
    *out = slice_of(data, (size_t)st.st_size);
    return true;
}

static bool write_all(int fd, struct slice text)
{
    while (text.len) {
        ssize_t n = write(fd, text.data, text.len);

        if (n <= 0)
            return false;
        text.data += n;
        text.len -= (size_t)n;
    }
    return fsync(fd) == 0;
}

bool ca_state_write(struct arena *mem, const char *path, struct slice text, unsigned mode,
                    struct err *err)
{
    const char *fresh = arena_printf(mem, "%s.new", path);
    AUTO(fd_closep)
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);

    if (fd < 0 || !write_all(fd, text))
        return err_errno(err, ERR_CONFIG, errno, "cannot write %s", fresh);
    return ca_state_rename(fresh, path, err);
}

static bool sync_folder(const char *path)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(fd_closep)
    int fd = open(dirname(arena_strdup(mem, path)), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && fsync(fd) == 0;
}

bool ca_state_rename(const char *from, const char *to, struct err *err)
{
    if (rename(from, to) != 0 || !sync_folder(to))
        return err_errno(err, ERR_CONFIG, errno, "cannot rename %s to %s", from, to);
    return true;
}

bool ca_state_remove(const char *path, struct err *err)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return true;
    return err_errno(err, ERR_CONFIG, errno, "cannot remove %s", path);
}

bool ca_state_lock(struct arena *mem, const char *dir, int *out, struct err *err)
{
    const char *path = ca_state_path(mem, dir, "init.lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot open %s", path);
    if (flock(fd, LOCK_EX) != 0) {
        int reason = errno;

        close(fd);
        return err_errno(err, ERR_CONFIG, reason, "cannot lock %s", path);
    }
    *out = fd;
    return true;
}

void ca_state_unlockp(int *lock)
{
    fd_closep(lock);
}
