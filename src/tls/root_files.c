/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/root_files.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* What the files had at one time. Freed by whoever lets it go last. */
struct version {
    struct arena *mem; /* holds this too */
    struct verify_roots *roots;
    atomic_uint holders;
};

/* By which a file is told from the one before; zeros when it is not there. */
struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
};

struct root_files {
    struct arena *mem; /* holds this too */
    const char *const *paths;
    size_t count;
    pthread_mutex_t lock; /* of what follows */
    struct stamp *stamps;
    struct version *present;
};

static void let_go(void *arg)
{
    struct version *version = arg;

    if (atomic_fetch_sub(&version->holders, 1) == 1)
        arena_free(version->mem);
}

static bool load(const struct root_files *files, struct version **out, struct err *err)
{
    struct arena *mem = arena_new();
    struct version *version = arena_new_of(mem, struct version);

    version->mem = mem;
    atomic_init(&version->holders, 1);
    if (!verify_roots_load_all(mem, files->paths, files->count, &version->roots, err)) {
        arena_free(mem);
        return false;
    }
    *out = version;
    return true;
}

static struct stamp stamp_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return (struct stamp){0};
    return (struct stamp){st.st_dev, st.st_ino, st.st_size, st.st_ctim};
}

static bool is_same(const struct stamp *a, const struct stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Whether they are other files than the last time. */
static bool look(struct root_files *files)
{
    bool has_changed = false;

    for (size_t i = 0; i < files->count; i++) {
        struct stamp now = stamp_of(files->paths[i]);

        has_changed = has_changed || !is_same(&now, &files->stamps[i]);
        files->stamps[i] = now;
    }
    return has_changed;
}

bool root_files_open(const char *const *paths, size_t count, struct root_files **out,
                     struct err *err)
{
    struct arena *mem = arena_new();
    struct root_files *files = arena_new_of(mem, struct root_files);

    *files = (struct root_files){.mem = mem,
                                 .paths = paths,
                                 .count = count,
                                 .stamps = arena_array_of(mem, count, struct stamp)};
    (void)look(files); /* before they are read: what changes meanwhile is read again */
    if (!load(files, &files->present, err)) {
        arena_free(mem);
        return false;
    }
    pthread_mutex_init(&files->lock, NULL);
    *out = files;
    return true;
}

void root_files_close(struct root_files *files)
{
    if (!files)
        return;
    let_go(files->present);
    pthread_mutex_destroy(&files->lock);
    arena_free(files->mem);
}

bool root_files_get(struct arena *mem, struct root_files *files, const struct verify_roots **out,
                    struct err *err)
{
    struct version *next, *held;
    bool is_read = true;

    pthread_mutex_lock(&files->lock);
    if (look(files)) {
        is_read = load(files, &next, err);
        if (is_read) {
            let_go(files->present);
            files->present = next;
        }
    }
    held = files->present;
    atomic_fetch_add(&held->holders, 1);
    pthread_mutex_unlock(&files->lock);
    arena_defer(mem, let_go, held);
    *out = held->roots;
    return is_read;
}
