/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "check.h"
#include "fixture.h"

static const char *const firsts[] = {"edge-1", "signer-1", "feed-default-1"};

static const char *at(const char *dir, const char *name)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void put_key(const char *dir, const char *name, char fill, size_t len, mode_t mode)
{
    char octets[64];
    int fd = open(at(dir, name), O_WRONLY | O_CREAT | O_EXCL, 0600);

    memset(octets, fill, sizeof(octets));
    assert_true(fd >= 0 && write(fd, octets, len) == (ssize_t)len && fchmod(fd, mode) == 0);
    close(fd);
}

static void read_key(const char *dir, const char *name, unsigned char out[33])
{
    int fd = open(at(dir, name), O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, out, 33), 32);
    close(fd);
}

static void test_first_keys(void **state)
{
    struct fixture f;
    unsigned char first[3][33], again[33];
    struct stat st;
    struct err err = {0};

    (void)state;
    fixture_keys(&f);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lstat(at(f.dir, firsts[i]), &st), 0);
        ok(S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0400 && st.st_size == 32, "%s: %o, %lld",
           firsts[i], st.st_mode, (long long)st.st_size);
        read_key(f.dir, firsts[i], first[i]);
    }
    ok(memcmp(first[0], first[1], 32) != 0 && memcmp(first[1], first[2], 32) != 0,
       "the same key twice");
    assert_true(keyring_init(f.dir, &err));
    for (size_t i = 0; i < 3; i++) {
        read_key(f.dir, firsts[i], again);
        ok(memcmp(first[i], again, 32) == 0, "%s was made anew", firsts[i]);
    }
    fixture_forget_keys(&f);
    all_ok();
}

static void test_init_makes_the_folder(void **state)
{
    char dir[] = "/tmp/latchkey-keys-XXXXXX";
    struct stat st;
    struct err err = {0};

    (void)state;
    assert_true(mkdtemp(dir) && rmdir(dir) == 0);
    ok(keyring_init(dir, &err), "%s", err.text);
    ok(stat(dir, &st) == 0 && (st.st_mode & 07777) == 0700, "mode %o", st.st_mode);
    remove_folder(dir);
    ok(!keyring_init("/nowhere/keys", &err) &&
           strcmp(err.text, "could not make /nowhere/keys: No such file or directory") == 0,
       "%s", err.text);
    all_ok();
}

/* Each family takes its newest key to make and any to open. */
static void test_choice(void **state)
{
    struct keyring *ring;
    struct fixture f;
    struct err err = {0};

    (void)state;
    fixture_keys(&f);
    put_key(f.dir, "edge-2", 'b', 32, 0400);
    put_key(f.dir, "edge-10", 'c', 32, 0400);
    put_key(f.dir, "feed-eu-west-255", 'd', 32, 0400);
    put_key(f.dir, "feed-eu-9", 'e', 32, 0400);
    put_key(f.dir, ".new-edge-11.77", 'x', 3, 0600);
    assert_true(keyring_load(f.dir, &ring, &err));
    ok(keyring_newest(ring, SEAL_FAMILY_EDGE)->kid == 10, "newest edge key");
    ok(keyring_newest(ring, SEAL_FAMILY_EDGE)->octets[31] == 'c', "octets of it");
    ok(keyring_newest(ring, SEAL_FAMILY_SIGNER)->kid == 1, "newest signer key");
    ok(keyring_find(ring, SEAL_FAMILY_EDGE, 2)->octets[0] == 'b', "edge-2");
    ok(!keyring_find(ring, SEAL_FAMILY_EDGE, 3), "edge-3");
    ok(!keyring_find(ring, SEAL_FAMILY_SIGNER, 2), "signer-2");
    ok(keyring_newest_feed(ring, "default")->kid == 1, "feed of default");
    ok(keyring_newest_feed(ring, "eu-west")->kid == 255, "feed of eu-west");
    ok(keyring_newest_feed(ring, "eu")->octets[0] == 'e', "feed of eu");
    ok(keyring_find_feed(ring, "eu", 9) && !keyring_find_feed(ring, "eu", 1), "feed-eu-9");
    ok(!keyring_newest_feed(ring, "nobody"), "feed of nobody");
    ok(!keyring_newest_feed(ring, "") && !keyring_newest_feed(ring, "../edge"), "no group");
    keyring_free(ring);
    fixture_forget_keys(&f);
    all_ok();
}

static void test_refused_files(void **state)
{
    static const struct {
        const char *name;
        size_t len;
        mode_t mode;
        const char *text; /* after the path */
    } rows[] = {
        {"edge-2", 32, 0600, " has mode 0600, 0400 is needed"},
        {"edge-2", 32, 0440, " has mode 0440, 0400 is needed"},
        {"edge-2", 32, 0404, " has mode 0404, 0400 is needed"},
        {"edge-2", 32, 0000, " has mode 0000, 0400 is needed"},
        {"edge-2", 31, 0400, " has 31 octets, 32 are needed"},
        {"edge-2", 33, 0400, " has 33 octets, 32 are needed"},
        {"edge-2", 0, 0400, " has 0 octets, 32 are needed"},
        {"edge-0", 32, 0400, NULL},
        {"edge-256", 32, 0400, NULL},
        {"edge-02", 32, 0400, NULL},
        {"edge-2x", 32, 0400, NULL},
        {"edge--2", 32, 0400, NULL},
        {"edge", 32, 0400, NULL},
        {"edges-1", 32, 0400, NULL},
        {"feed-1", 32, 0400, NULL},
        {"feed--1", 32, 0400, NULL},
        {"feed-EU-1", 32, 0400, NULL},
        {"edge-1.backup", 32, 0400, NULL},
        {"README", 32, 0400, NULL},
        {"feed-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1", 32, 0400, NULL}, /* group of 33 */
    };
    struct keyring *ring = NULL;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char want[ERR_TEXT_MAX];
        struct fixture f;
        struct err err = {0};
        bool is_loaded;

        fixture_keys(&f);
        put_key(f.dir, rows[i].name, 'x', rows[i].len, rows[i].mode);
        snprintf(want, sizeof(want), "%s/%s%s", f.dir, rows[i].name,
                 rows[i].text ? rows[i].text
                              : " is not a key: edge-<kid>, signer-<kid> or feed-<group>-<kid>");
        is_loaded = keyring_load(f.dir, &ring, &err);
        if (rows[i].mode == 0 && geteuid() != 0)
            snprintf(want, sizeof(want), "could not open %s/%s: Permission denied", f.dir,
                     rows[i].name);
        ok(!is_loaded && !ring && err.code == ERR_CONFIG && strcmp(err.text, want) == 0, "%s: %s",
           rows[i].name, err.text);
        ok(!keyring_init(f.dir, &err), "%s: init goes on", rows[i].name);
        fixture_forget_keys(&f);
    }
    all_ok();
}

static void test_refused_kinds_of_file(void **state)
{
    struct keyring *ring = NULL;
    struct fixture f;
    struct err err = {0};

    (void)state;
    fixture_keys(&f);
    assert_int_equal(symlink("edge-1", at(f.dir, "edge-2")), 0);
    ok(!keyring_load(f.dir, &ring, &err) && strstr(err.text, "could not open"), "link: %s",
       err.text);
    assert_int_equal(unlink(at(f.dir, "edge-2")), 0);
    assert_int_equal(mkfifo(at(f.dir, "edge-2"), 0400), 0);
    ok(!keyring_load(f.dir, &ring, &err) && strstr(err.text, "is not a regular file"), "pipe: %s",
       err.text);
    assert_int_equal(unlink(at(f.dir, "edge-2")), 0);
    assert_int_equal(mkdir(at(f.dir, "edge-2"), 0400), 0);
    ok(!keyring_load(f.dir, &ring, &err) && strstr(err.text, "is not a regular file"), "folder: %s",
       err.text);
    assert_int_equal(rmdir(at(f.dir, "edge-2")), 0);
    ok(keyring_load(f.dir, &ring, &err), "%s", err.text);
    keyring_free(ring);
    fixture_forget_keys(&f);
    all_ok();
}

static void test_refused_folders(void **state)
{
    static const mode_t modes[] = {0701, 0710, 0750, 0755, 0770, 0777};
    struct keyring *ring = NULL;
    struct fixture f;
    struct err err = {0};
    char want[ERR_TEXT_MAX];

    (void)state;
    fixture_keys(&f);
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        assert_int_equal(chmod(f.dir, modes[i]), 0);
        snprintf(want, sizeof(want), "%s has mode %04o, others may enter it", f.dir, modes[i]);
        ok(!keyring_load(f.dir, &ring, &err) && strcmp(err.text, want) == 0, "%s", err.text);
    }
    assert_int_equal(chmod(f.dir, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(at(f.dir, "edge-1"), 65534, 0), 0);
        ok(!keyring_load(f.dir, &ring, &err) &&
               strstr(err.text, "/edge-1 belongs to user 65534, not to 0"),
           "%s", err.text);
        assert_int_equal(chown(f.dir, 65534, 0), 0);
        ok(!keyring_load(f.dir, &ring, &err) &&
               strstr(err.text, " belongs to user 65534, not to 0"),
           "%s", err.text);
    }
    assert_null(ring);
    fixture_forget_keys(&f);
    ok(!keyring_load(f.dir, &ring, &err) && strstr(err.text, "No such file or directory"), "%s",
       err.text);
    all_ok();
}

static void test_number_of_keys(void **state)
{
    struct keyring *ring = NULL;
    struct fixture f;
    struct err err = {0};
    char name[32];

    (void)state;
    fixture_keys(&f);
    for (int i = 1; i <= KEYRING_KEY_MAX - 3; i++) {
        snprintf(name, sizeof(name), "feed-a-%d", i);
        put_key(f.dir, name, 'x', 32, 0400);
    }
    ok(keyring_load(f.dir, &ring, &err), "256: %s", err.text);
    keyring_free(ring);
    ring = NULL;
    put_key(f.dir, "feed-b-1", 'x', 32, 0400);
    ok(!keyring_load(f.dir, &ring, &err) && strstr(err.text, " has more than 256 keys"), "257: %s",
       err.text);
    fixture_forget_keys(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_keys),
        cmocka_unit_test(test_init_makes_the_folder),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_refused_files),
        cmocka_unit_test(test_refused_kinds_of_file),
        cmocka_unit_test(test_refused_folders),
        cmocka_unit_test(test_number_of_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
