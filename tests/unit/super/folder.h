/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A folder of a test, and what its scripts leave there. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/slice.h"
#include "check.h"

struct folder {
    char path[32];
};

static inline struct folder folder_new(void)
{
    struct folder folder = {.path = "/tmp/super-XXXXXX"};

    assert_non_null(mkdtemp(folder.path));
    return folder;
}

static inline void folder_remove(const struct folder *folder)
{
    DIR *dir = opendir(folder->path);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(folder->path);
}

/* The file's content; "" when there is none. */
static inline const char *folder_read(const struct folder *folder, const char *name)
{
    static char text[4096];
    char path[96];
    size_t len = 0;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    file = fopen(path, "r");
    if (file) {
        len = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
    }
    text[len] = '\0';
    return text;
}
