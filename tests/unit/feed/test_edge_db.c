/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "feed/edge_db.h"

static char dir[64], db_dir[80];

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/latchkey-edge-db-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(db_dir, sizeof(db_dir), "%s/lmdb", dir);
    return 0;
}

static int tear_down(void **state)
{
    char path[120];

    (void)state;
    snprintf(path, sizeof(path), "%s/data.mdb", db_dir);
    (void)unlink(path);
    snprintf(path, sizeof(path), "%s/lock.mdb", db_dir);
    (void)unlink(path);
    (void)rmdir(db_dir);
    return rmdir(dir);
}

struct script {
    const char *keys; /* one octet each; put in this order */
    bool is_failing;  /* at the end */
    struct edge_db_state state;
};

static bool write_script(struct edge_tx *tx, void *arg, struct err *err)
{
    const struct script *script = arg;

    for (size_t i = 0; script->keys[i]; i++)
        if (!edge_tx_put(tx, slice_of(script->keys + i, 1), slice_str("value"), err))
            return false;
    if (!edge_tx_put_state(tx, &script->state, err))
        return false;
    return !script->is_failing || err_set(err, ERR_BAD_INPUT, "as asked");
}

struct walk {
    struct slice after, last;
    char keys[16];
    size_t count;
};

static bool note_key(void *arg, struct slice db_key, struct slice value, struct err *err)
{
    struct walk *walk = arg;

    walk->keys[walk->count++] = (char)db_key.data[0];
    return slice_eq_str(value, "value") || err_set(err, ERR_STORE, "another value");
}

static bool walk_all(struct edge_tx *tx, void *arg, struct err *err)
{
    struct walk *walk = arg;

    return edge_tx_walk(tx, walk->after, walk->last, note_key, walk, err);
}

static bool walks(struct edge_db *db, const char *after, const char *last, const char *keys)
{
    struct walk walk = {.after = slice_str(after)};
    struct err err = {0};

    if (last)
        walk.last = slice_str(last);
    return edge_db_write(db, walk_all, &walk, &err) && strcmp(walk.keys, keys) == 0;
}

static void test_transactions(void **state)
{
    struct script script = {.keys = "dbac", .state = {5, 6, 7, true}};
    AUTO(edge_db_freep) struct edge_db *db = NULL;
    struct edge_db_state found;
    struct err err = {0};

    (void)state;
    assert_true(edge_db_open(db_dir, 0, &db, &err));
    assert_true(edge_db_state(db, &found, &err));
    ok(found.epoch == 0 && found.seq == 0 && !found.is_incomplete, "no state at first");
    script.is_failing = true;
    ok(!edge_db_write(db, write_script, &script, &err) && strstr(err.text, ": as asked"),
       "refused by the writer: %s", err.text);
    ok(walks(db, "", NULL, ""), "nothing of it is stored");
    assert_true(edge_db_state(db, &found, &err));
    ok(found.epoch == 0, "nor the state");
    script.is_failing = false;
    ok(edge_db_write(db, write_script, &script, &err), "stored");
    assert_true(edge_db_state(db, &found, &err));
    ok(found.epoch == 5 && found.seq == 6 && found.seen_epoch == 7 && found.is_incomplete, "state");
    ok(walks(db, "", NULL, "abcd"), "all, the state is no record");
    ok(walks(db, "b", NULL, "cd"), "after b");
    ok(walks(db, "", "b", "ab"), "up to b");
    ok(walks(db, "aa", "cc", "bc"), "between");
    ok(walks(db, "d", NULL, ""), "after the last");
    all_ok();
}

static void test_one_agent(void **state)
{
    AUTO(edge_db_freep) struct edge_db *first = NULL;
    struct edge_db *second;
    struct err err = {0};

    (void)state;
    assert_true(edge_db_open(db_dir, 0, &first, &err));
    ok(!edge_db_open(db_dir, 0, &second, &err) && err.code == ERR_CONFIG &&
           strstr(err.text, "another agent writes to"),
       "%s", err.text);
    all_ok();
}

/* 0 when another process finds the octet locked by which LMDB tells whether the file is in use. */
static int look_for_lock(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    int fd = open(path, O_RDWR | O_CLOEXEC);

    return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1;
}

/* Else the next process that opens it would begin the table of readers anew, under those who read.
 */
static void test_file_stays_in_use(void **state)
{
    struct edge_db *db;
    struct err err = {0};
    char path[120];
    int status = -1;
    pid_t child;

    (void)state;
    snprintf(path, sizeof(path), "%s/lock.mdb", db_dir);
    assert_true(edge_db_open(db_dir, 0, &db, &err));
    child = fork();
    if (child == 0)
        _exit(look_for_lock(path));
    assert_int_equal(waitpid(child, &status, 0), child);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "LMDB's lock is there: %d", status);
    edge_db_free(db);
    all_ok();
}

static void test_bad_folder(void **state)
{
    struct edge_db *db;
    struct err err = {0};

    (void)state;
    ok(!edge_db_open("/nonexistent/lmdb", 0, &db, &err) && err.code == ERR_CONFIG, "%s", err.text);
    ok(!edge_db_open("/dev/null", 0, &db, &err) && err.code == ERR_CONFIG, "%s", err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_one_agent),
        cmocka_unit_test(test_file_stays_in_use),
        cmocka_unit_test(test_bad_folder),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
