/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "check.h"
#include "net/unix_path.h"

static char dir[64];

/* A path in `dir` of so many octets, all of whose folders are there but the last name. */
static const char *path_of(struct arena *mem, size_t len)
{
    char *path = arena_alloc(mem, len + 1);
    size_t at = strlen(dir);

    memcpy(path, dir, at);
    while (len - at > 60) {
        path[at] = '/';
        memset(path + at + 1, 'd', 49);
        at += 50;
        (void)mkdir(path, 0700);
    }
    path[at] = '/';
    memset(path + at + 1, 's', len - at - 1);
    return path;
}

static bool can_bind(const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_bound;

    memcpy(address.sun_path, text, strlen(text));
    is_bound = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    if (fd >= 0)
        close(fd);
    return is_bound;
}

static void test_lengths(void **state)
{
    static const size_t lengths[] = {60, UNIX_PATH_SIZE - 1, UNIX_PATH_SIZE, 300};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *path = path_of(mem, lengths[i]);
        struct unix_path said;
        struct err err = {0};

        if (!ok(unix_path_open(path, &said, &err), "%zu: %s", lengths[i], err.text))
            continue;
        ok((said.dir_fd >= 0) == (lengths[i] >= UNIX_PATH_SIZE), "%zu: %s", lengths[i], said.text);
        ok(can_bind(said.text) && access(path, F_OK) == 0, "%zu: the socket is at its path",
           lengths[i]);
        unix_path_close(&said);
        (void)unlink(path);
    }
    all_ok();
}

static void test_refused(void **state)
{
    static const struct {
        char fill;
        const char *head, *want;
    } rows[] = {
        {'x', "", "a socket path of 200 octets, 1 to 107 are allowed"},
        {'x', "/", "the name of the socket is too long"},
        {'x', "/nowhere/", "could not open the folder of /nowhere/"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct unix_path said;
        struct err err = {0};
        char path[201] = {0};

        memset(path, rows[i].fill, 200);
        memcpy(path, rows[i].head, strlen(rows[i].head));
        ok(!unix_path_open(path, &said, &err) && err.code == ERR_CONFIG &&
               strncmp(err.text, rows[i].want, strlen(rows[i].want)) == 0,
           "row %zu: %s", i, err.text);
    }
    all_ok();
}

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/latchkey-unix-path-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    char *path = arena_strdup(mem, path_of(mem, 300));
    char *slash;

    (void)state;
    while ((slash = strrchr(path, '/')) && slash > path + strlen("/tmp")) {
        *slash = '\0';
        (void)rmdir(path);
    }
    return access(dir, F_OK) == 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
