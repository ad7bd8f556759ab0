/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "feed/wipe.h"

#define SECRET "the octets of a sealed key, which nobody is to find"

static char dir[64], db_dir[80], file[100];

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/latchkey-wipe-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(db_dir, sizeof(db_dir), "%s/lmdb", dir);
    snprintf(file, sizeof(file), "%s/data.mdb", db_dir);
    return 0;
}

static int tear_down(void **state)
{
    char path[120];

    (void)state;
    (void)unlink(file);
    snprintf(path, sizeof(path), "%s/lock.mdb", db_dir);
    (void)unlink(path);
    (void)rmdir(db_dir);
    return rmdir(dir);
}

static bool is_in_file(void)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    void *octets;
    bool is_found;

    assert_int_equal(fstat(fd, &stat), 0);
    octets = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(octets, MAP_FAILED);
    is_found = memmem(octets, (size_t)stat.st_size, SECRET, strlen(SECRET)) != NULL;
    munmap(octets, (size_t)stat.st_size);
    close(fd);
    return is_found;
}

/* A certificate of `size` octets with the secret in it among others. */
struct story {
    size_t size;
    bool is_deleted;
};

static bool put(struct edge_tx *tx, void *arg, struct err *err)
{
    static unsigned char body[8192];
    const struct story *story = arg;

    memset(body, 'x', sizeof(body));
    for (char name = 'a'; name <= 'z'; name++) {
        const char key[] = {EDGE_CERTIFICATE, name};

        if (!edge_tx_put(tx, slice_of(key, sizeof(key)), slice_of(body, 300), err))
            return false;
    }
    memcpy(body + 100, SECRET, strlen(SECRET));
    return edge_tx_put(tx, SLICE_LIT("Cmiddle"),
                       story->is_deleted ? SLICE_LIT("gone") : slice_of(body, story->size), err);
}

static void run(size_t size)
{
    AUTO(edge_db_freep) struct edge_db *db = NULL;
    struct story story = {.size = size};
    struct err err = {0};

    ok(edge_db_open(db_dir, EDGE_DB_MAP_MAX, &db, &err), "%s", err.text);
    ok(wipe_pages(db, &err), "at the start: %s", err.text);
    for (int i = 0; i < 5; i++)
        ok(edge_db_write(db, put, &story, &err), "%s", err.text);
    ok(is_in_file(), "%zu octets: it is stored", size);
    story.is_deleted = true;
    ok(edge_db_write(db, put, &story, &err), "%s", err.text);
    ok(is_in_file(), "%zu octets: deleted, it is there", size);
    ok(edge_db_is_wipe_due(db), "and known to be");
    ok(wipe_pages(db, &err), "%s", err.text);
    ok(!is_in_file(), "%zu octets: wiped, it is not", size);
    ok(!edge_db_is_wipe_due(db), "nothing is left to do");
}

/* req: R42, R50 */
static void test_wiped(void **state)
{
    (void)state;
    run(300);  /* among others on a page */
    run(5000); /* on pages of its own */
    all_ok();
}

#define LARGE       3000 /* octets: on a page of its own */
#define LARGE_COUNT 40

static struct slice large_key(int number, char room[8])
{
    snprintf(room, 8, "C%05d", number);
    return slice_str(room);
}

static bool put_large(struct edge_tx *tx, void *arg, struct err *err)
{
    static unsigned char body[LARGE];
    char room[8];

    (void)arg;
    for (int i = 0; i < LARGE_COUNT; i++) {
        memset(body, 'a' + i % 26, sizeof(body));
        if (!edge_tx_put(tx, large_key(i, room), slice_of(body, sizeof(body)), err))
            return false;
    }
    return edge_tx_delete(tx, large_key(7, room), err);
}

static bool find_large(struct edge_tx *tx, void *arg, struct err *err)
{
    char room[8];

    (void)arg;
    for (int i = 0; i < LARGE_COUNT; i++) {
        struct slice found = {NULL, 0};

        if (!edge_tx_get(tx, large_key(i, room), &found, err))
            return false;
        ok(i == 7 ? found.data == NULL : found.len == LARGE && found.data[0] == 'a' + i % 26,
           "record %d: %zu octets", i, found.len);
    }
    return true;
}

/* What is stored anew is found by its key, large values among them. */
static void test_whole_afterwards(void **state)
{
    AUTO(edge_db_freep) struct edge_db *db = NULL;
    struct err err = {0};

    (void)state;
    ok(edge_db_open(db_dir, EDGE_DB_MAP_MAX, &db, &err) &&
           edge_db_write(db, put_large, NULL, &err) && wipe_pages(db, &err) &&
           edge_db_write(db, find_large, NULL, &err),
       "%s", err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wiped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whole_afterwards, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
