/* SPDX-License-Identifier: Apache-2.0 */
#include "super/pid_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/slice.h"
#include "super/process.h"

#define SUFFIX      ".pid"
#define MEMBERS_MAX 256
#define POLL_MS     10

DEFINE_FREEP(DIR, (void)!closedir)

struct leader {
    pid_t pid;
    int64_t started_at;
};

static const char *path_of(char path[PATH_MAX], const char *run_dir, const char *name)
{
    snprintf(path, PATH_MAX, "%s/%s%s", run_dir, name, SUFFIX);
    return path;
}

bool pid_file_write(const char *run_dir, const char *name, pid_t pid, struct err *err)
{
    char path[PATH_MAX], text[64];
    int64_t started_at = 0;
    int fd = open(path_of(path, run_dir, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool is_written;

    if (fd < 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot write %s", path);
    (void)process_started_at(pid, &started_at); /* gone already: 0 is nobody's start */
    snprintf(text, sizeof(text), "%d %lld\n", (int)pid, (long long)started_at);
    is_written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return is_written || err_errno(err, ERR_CONFIG, errno, "cannot write %s", path);
}

void pid_file_remove(const char *run_dir, const char *name)
{
    char path[PATH_MAX];

    unlink(path_of(path, run_dir, name));
}

static bool leader_read(const char *path, struct leader *out)
{
    char text[64];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    size_t number;
    int64_t pid;

    if (fd >= 0)
        close(fd);
    if (len <= 0)
        return false;
    text[len] = '\0';
    number = strcspn(text, " ");
    if (!slice_i64(slice_of(text, number), 2, INT_MAX, &pid) || text[number] != ' ' ||
        !slice_i64(slice_of(text + number + 1, strcspn(text + number + 1, "\n")), 0, INT64_MAX,
                   &out->started_at))
        return false;
    out->pid = (pid_t)pid;
    return true;
}

/* The processes that are still there of what this leader began. */
static size_t left_of(const struct leader *leader, const char *run_dir, pid_t *pids)
{
    size_t count = process_members(leader->pid, run_dir, pids, MEMBERS_MAX - 1);
    int64_t started_at;

    for (size_t i = 0; i < count; i++)
        if (pids[i] == leader->pid)
            return count;
    if (process_started_at(leader->pid, &started_at) && started_at == leader->started_at)
        pids[count++] = leader->pid;
    return count;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
}

static bool left_end(const struct leader *leader, const char *run_dir, size_t *ended,
                     struct err *err)
{
    int64_t begun_at = clock_boot_ms();
    pid_t pids[MEMBERS_MAX];
    size_t count = left_of(leader, run_dir, pids);
    bool is_killed = false;

    *ended += count;
    for (size_t i = 0; i < count; i++)
        kill(pids[i], SIGTERM);
    for (; count > 0; count = left_of(leader, run_dir, pids)) {
        int64_t waited = clock_boot_ms() - begun_at;

        if (waited > 2 * PID_FILE_GRACE_MS)
            return err_set(err, ERR_CONFLICT, "could not end process %d of an earlier run",
                           (int)pids[0]);
        if (waited > PID_FILE_GRACE_MS && !is_killed) {
            for (size_t i = 0; i < count; i++)
                kill(pids[i], SIGKILL);
            is_killed = true;
        }
        nap();
    }
    return true;
}

bool pid_files_end(struct arena *mem, const char *run_dir, size_t *ended, struct err *err)
{
    AUTO(DIR_freep) DIR *dir = opendir(run_dir);
    const struct dirent *entry;

    if (!dir)
        return err_errno(err, ERR_CONFIG, errno, "cannot read %s", run_dir);
    *ended = 0;
    while ((entry = readdir(dir))) {
        const char *path = arena_printf(mem, "%s/%s", run_dir, entry->d_name);
        size_t len = strlen(entry->d_name);
        struct leader leader;

        if (len <= strlen(SUFFIX) || strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) != 0)
            continue;
        if (leader_read(path, &leader) && !left_end(&leader, run_dir, ended, err))
            return false;
        unlink(path);
    }
    return true;
}

bool run_lock(struct arena *mem, const char *run_dir, int *out, struct err *err)
{
    const char *path = arena_printf(mem, "%s/lock", run_dir);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    char holder[32] = "";
    ssize_t len;

    if (fd < 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot open %s", path);
    if (fcntl(fd, F_SETLK, &whole) != 0) {
        len = read(fd, holder, sizeof(holder) - 1);
        holder[len > 0 ? strcspn(holder, "\n") : 0] = '\0';
        close(fd);
        return err_set(err, ERR_CONFLICT, "latchkey run is running in %s already, as process %s",
                       run_dir, holder);
    }
    if (ftruncate(fd, 0) != 0 || dprintf(fd, "%d\n", (int)getpid()) < 0) {
        close(fd);
        return err_errno(err, ERR_CONFIG, errno, "cannot write %s", path);
    }
    *out = fd;
    return true;
}

bool run_take(struct arena *mem, const char *run_dir, int *lock, struct err *err)
{
    size_t ended;

    if (!run_lock(mem, run_dir, lock, err) || !pid_files_end(mem, run_dir, &ended, err))
        return false;
    if (ended > 0)
        fprintf(stderr, "ended %zu processes that an earlier run had left\n", ended);
    return true;
}
