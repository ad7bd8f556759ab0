/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crash.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/name_table.h"
#include "base/slice.h"

#define ARMED_MAX    128
#define HOLD_LOOK_MS 2

static const char *const names[CRASH_POINT_COUNT] = {
#define X(id, name)                 [CRASH_##id] = (name),
#define STEP(id, name, shape, what) CRASH_##shape(X, id, name)
    CRASH_STEPS(STEP)
#undef STEP
#undef X
};

static _Noreturn void die(void)
{
    for (;;)
        (void)kill(getpid(), SIGKILL);
}

/* What a file says: a point, and how many times it is still passed, this one counted, or that who
 * comes there is held. */
struct armed {
    char name[ARMED_MAX];
    int64_t times;
    bool is_hold;
};

static bool read_armed(const char *path, struct armed *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, out->name, sizeof(out->name) - 1);
    size_t name_len;

    if (fd >= 0)
        (void)close(fd);
    if (len <= 0)
        return false;
    out->name[len] = '\0';
    name_len = strcspn(out->name, " \n");
    out->is_hold = strcmp(out->name + name_len, " hold") == 0;
    if (out->name[name_len] != ' ' ||
        !slice_i64(slice_str(out->name + name_len + 1), 1, INT_MAX, &out->times))
        out->times = 1;
    out->name[name_len] = '\0';
    return true;
}

/* One less: the file, which is ours alone meanwhile, goes back to its place. */
static void count_down(const char *mine, const char *path, const struct armed *armed)
{
    FILE *file = fopen(mine, "we");

    if (!file)
        return;
    fprintf(file, "%s %lld", armed->name, (long long)armed->times - 1);
    fclose(file);
    (void)rename(mine, path);
}

/* The thread stands still, the others go on, until the tests take the file away. */
static void hold(const char *hit)
{
    while (access(hit, F_OK) == 0)
        (void)nanosleep(&(struct timespec){.tv_nsec = HOLD_LOOK_MS * 1000000}, NULL);
}

/* Threads and processes come here at once: who can rename the file has it. */
static void take_armed(const char *path, const char *name)
{
    struct armed armed;
    char mine[PATH_MAX], hit[PATH_MAX];

    if (!read_armed(path, &armed) || strcmp(armed.name, name) != 0)
        return;
    snprintf(mine, sizeof(mine), "%s.%ld", path, (long)syscall(SYS_gettid));
    snprintf(hit, sizeof(hit), "%s.hit", path);
    if (rename(path, mine) != 0 || !read_armed(mine, &armed))
        return;
    if (strcmp(armed.name, name) != 0) { /* another was chosen just now */
        (void)rename(mine, path);
        return;
    }
    if (armed.times > 1) {
        count_down(mine, path, &armed);
        return;
    }
    (void)rename(mine, hit);
    if (!armed.is_hold)
        die();
    hold(hit);
}

void crash_at(enum crash_point point)
{
    const char *always = getenv("LATCHKEY_CRASH_POINT"), *path = getenv("LATCHKEY_CRASH_FILE");

    if (always && strcmp(always, names[point]) == 0)
        die();
    if (path)
        take_armed(path, names[point]);
}

void crash_at_name(const char *process, const char *step, const char *phase)
{
    char name[ARMED_MAX];
    int found;

    snprintf(name, sizeof(name), "%s.%s.%s", process, step, phase);
    found = name_table_find(names, ARRAY_LEN(names), name);
    if (found >= 0)
        crash_at((enum crash_point)found);
}
