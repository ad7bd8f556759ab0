/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/keyring.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/random.h"

#define DIR_MODE  0700
#define FILE_MODE 0400u
#define FEED      "feed-"
#define NAME_SIZE (sizeof(FEED) + KEYRING_GROUP_MAX + sizeof("-255"))

struct entry {
    char set[NAME_SIZE]; /* what stands before "-<kid>": "edge", "signer", "feed-<group>" */
    struct seal_key key;
};

struct keyring {
    size_t count;
    struct entry entries[KEYRING_KEY_MAX];
};

static const char *const first_sets[] = {"edge", "signer", FEED "default"};

bool keyring_is_group(const char *group)
{
    size_t len = strspn(group, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return len >= 1 && len <= KEYRING_GROUP_MAX && group[len] == '\0';
}

static bool is_set(const char *set)
{
    for (enum seal_family i = 0; i < SEAL_FAMILY_COUNT; i++)
        if (strcmp(set, seal_family_name(i)) == 0)
            return true;
    return strncmp(set, FEED, strlen(FEED)) == 0 && keyring_is_group(set + strlen(FEED));
}

/* Takes "<set>-<kid>" apart. */
static bool parse_name(const char *name, struct entry *out)
{
    const char *dash = strrchr(name, '-');
    size_t len = dash ? (size_t)(dash - name) : 0;
    int64_t kid;

    if (len == 0 || len >= sizeof(out->set) || dash[1] == '0' ||
        !slice_i64(slice_str(dash + 1), 1, UINT8_MAX, &kid))
        return false;
    memcpy(out->set, name, len);
    out->set[len] = '\0';
    out->key.kid = (uint8_t)kid;
    return is_set(out->set);
}

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static bool check_file(const char *dir, const char *name, const struct stat *st, struct err *err)
{
    if (!S_ISREG(st->st_mode))
        return err_set(err, ERR_CONFIG, "%s/%s is not a regular file", dir, name);
    if (st->st_uid != geteuid())
        return err_set(err, ERR_CONFIG, "%s/%s belongs to user %u, not to %u", dir, name,
                       st->st_uid, geteuid());
    if ((st->st_mode & 07777) != FILE_MODE)
        return err_set(err, ERR_CONFIG, "%s/%s has mode %04o, %04o is needed", dir, name,
                       st->st_mode & 07777u, FILE_MODE);
    if (st->st_size != SEAL_KEY_SIZE)
        return err_set(err, ERR_CONFIG, "%s/%s has %lld octets, %d are needed", dir, name,
                       (long long)st->st_size, SEAL_KEY_SIZE);
    return true;
}

static bool read_key(const char *dir, int dir_fd, const char *name, struct entry *out,
                     struct err *err)
{
    AUTO(fd_closep)
    int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not open %s/%s", dir, name);
    if (!check_file(dir, name, &st, err))
        return false;
    if (!parse_name(name, out))
        return err_set(err, ERR_CONFIG,
                       "%s/%s is not a key: edge-<kid>, signer-<kid> or feed-<group>-<kid>", dir,
                       name);
    if (read(fd, out->key.octets, SEAL_KEY_SIZE) != SEAL_KEY_SIZE)
        return err_set(err, ERR_CONFIG, "could not read %s/%s", dir, name);
    return true;
}

static bool read_all(const char *path, DIR *dir, struct keyring *ring, struct err *err)
{
    const struct dirent *found;

    while ((found = readdir(dir))) {
        if (found->d_name[0] == '.')
            continue;
        if (ring->count == KEYRING_KEY_MAX)
            return err_set(err, ERR_CONFIG, "%s has more than %d keys", path, KEYRING_KEY_MAX);
        if (!read_key(path, dirfd(dir), found->d_name, &ring->entries[ring->count], err))
            return false;
        ring->count++;
    }
    return true;
}

static bool check_dir(const char *path, int fd, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not read %s", path);
    if (st.st_uid != geteuid())
        return err_set(err, ERR_CONFIG, "%s belongs to user %u, not to %u", path, st.st_uid,
                       geteuid());
    if (st.st_mode & 077)
        return err_set(err, ERR_CONFIG, "%s has mode %04o, others may enter it", path,
                       st.st_mode & 07777u);
    return true;
}

static struct keyring *ring_new(void)
{
    struct keyring *ring = calloc(1, sizeof(*ring));

    assert(ring);
    (void)mlock(ring, sizeof(*ring)); /* as far as the limits allow */
    return ring;
}

bool keyring_load(const char *dir, struct keyring **out, struct err *err)
{
    AUTO(close_dir) DIR *open_dir = opendir(dir);
    struct keyring *ring;

    if (!open_dir)
        return err_errno(err, ERR_CONFIG, errno, "could not open %s", dir);
    if (!check_dir(dir, dirfd(open_dir), err))
        return false;
    ring = ring_new();
    if (!read_all(dir, open_dir, ring, err)) {
        keyring_free(ring);
        return false;
    }
    *out = ring;
    return true;
}

void keyring_free(struct keyring *ring)
{
    if (!ring)
        return;
    OPENSSL_cleanse(ring, sizeof(*ring));
    (void)munlock(ring, sizeof(*ring));
    free(ring);
}

static const struct seal_key *find(const struct keyring *ring, const char *set, uint8_t kid)
{
    for (size_t i = 0; i < ring->count; i++)
        if (ring->entries[i].key.kid == kid && strcmp(ring->entries[i].set, set) == 0)
            return &ring->entries[i].key;
    return NULL;
}

static const struct seal_key *newest(const struct keyring *ring, const char *set)
{
    const struct seal_key *best = NULL;

    for (size_t i = 0; i < ring->count; i++) {
        const struct entry *entry = &ring->entries[i];

        if (strcmp(entry->set, set) == 0 && (!best || entry->key.kid > best->kid))
            best = &entry->key;
    }
    return best;
}

static void feed_set(const char *group, char set[NAME_SIZE])
{
    snprintf(set, NAME_SIZE, FEED "%s", keyring_is_group(group) ? group : "");
}

const struct seal_key *keyring_newest(const struct keyring *ring, enum seal_family family)
{
    return newest(ring, seal_family_name(family));
}

const struct seal_key *keyring_find(const struct keyring *ring, enum seal_family family,
                                    uint8_t kid)
{
    return find(ring, seal_family_name(family), kid);
}

const struct seal_key *keyring_newest_feed(const struct keyring *ring, const char *group)
{
    char set[NAME_SIZE];

    feed_set(group, set);
    return newest(ring, set);
}

const struct seal_key *keyring_find_feed(const struct keyring *ring, const char *group, uint8_t kid)
{
    char set[NAME_SIZE];

    feed_set(group, set);
    return find(ring, set, kid);
}

/* Writes a whole new file under a name that loading passes over. */
static bool write_fresh(int dir_fd, const char *name)
{
    unsigned char octets[SEAL_KEY_SIZE];
    AUTO(fd_closep)
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    bool is_done;

    if (fd < 0)
        return false;
    random_bytes(octets, sizeof(octets));
    is_done = fchmod(fd, FILE_MODE) == 0 &&
              write(fd, octets, sizeof(octets)) == (ssize_t)sizeof(octets) && fsync(fd) == 0;
    OPENSSL_cleanse(octets, sizeof(octets));
    return is_done;
}

/* Puts a key of 32 random octets in place whole, or leaves the one that somebody else just made. */
static bool make_first(const char *dir, int dir_fd, const char *set, struct err *err)
{
    char name[NAME_SIZE], fresh[NAME_SIZE + 32];
    bool is_done;

    snprintf(name, sizeof(name), "%s-1", set);
    snprintf(fresh, sizeof(fresh), ".new-%s-%ld", name, (long)getpid());
    is_done = write_fresh(dir_fd, fresh) &&
              (linkat(dir_fd, fresh, dir_fd, name, 0) == 0 || errno == EEXIST);
    if (!is_done)
        err_errno(err, ERR_CONFIG, errno, "could not make %s/%s", dir, name);
    (void)unlinkat(dir_fd, fresh, 0); /* a leftover is passed over */
    return is_done;
}

bool keyring_init(const char *dir, struct err *err)
{
    AUTO(keyring_freep) struct keyring *ring = NULL;
    AUTO(fd_closep) int fd = -1;

    if (mkdir(dir, DIR_MODE) != 0 && errno != EEXIST)
        return err_errno(err, ERR_CONFIG, errno, "could not make %s", dir);
    if (!keyring_load(dir, &ring, err))
        return false;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < ARRAY_LEN(first_sets); i++)
        if (!newest(ring, first_sets[i]) && !make_first(dir, fd, first_sets[i], err))
            return false;
    if (fsync(fd) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not write %s", dir);
    return true;
}
