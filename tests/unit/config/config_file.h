/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A configuration file of a test: written to a folder of its own, loaded, removed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "config/config.h"

struct config_file {
    char dir[32];
    char path[64];
};

static inline struct config_file config_file_new(const char *text, size_t len)
{
    struct config_file file = {.dir = "/tmp/config-XXXXXX"};
    FILE *out;

    assert_non_null(mkdtemp(file.dir));
    snprintf(file.path, sizeof(file.path), "%s/l.yaml", file.dir);
    out = fopen(file.path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, len, out), len);
    fclose(out);
    return file;
}

static inline void config_file_remove(const struct config_file *file)
{
    unlink(file->path);
    rmdir(file->dir);
}

/* Loads `text` as "l.yaml" from the file's own folder, so that messages say "l.yaml:LINE". */
static inline bool config_load_text(struct arena *mem, const char *text, size_t len,
                                    const struct config **out, struct err *err)
{
    struct config_file file = config_file_new(text, len);
    char *before = getcwd(NULL, 0);
    bool pass;

    assert_int_equal(chdir(file.dir), 0);
    pass = config_load(mem, "l.yaml", out, err);
    assert_int_equal(chdir(before), 0);
    free(before);
    config_file_remove(&file);
    return pass;
}
