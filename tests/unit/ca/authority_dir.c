/* SPDX-License-Identifier: Apache-2.0 */
#include "authority_dir.h"

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static char base[] = "/tmp/latchkey-ca-XXXXXX";

const char *authority_dir_next(struct arena *mem)
{
    static unsigned count;

    return arena_printf(mem, "%s/ca-%u", base, count++);
}

void authority_dir_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

struct ca_suffixes authority_dir_suffixes(struct arena *mem, const char *extra)
{
    struct ca_suffixes out;
    struct err err;

    assert_true(ca_suffixes_make(mem, &extra, extra ? 1 : 0, &out, &err));
    return out;
}

struct ca_authority_report authority_dir_init(struct arena *mem, const char *dir, const char *extra)
{
    struct ca_suffixes suffixes = authority_dir_suffixes(mem, extra);
    struct ca_authority_report report;
    struct err err = {.text = ""};

    if (!ca_authority_init(mem, dir, &suffixes, &report, &err))
        fail_msg("%s", err.text);
    return report;
}

struct ca_authority authority_dir_load(struct arena *mem, const char *dir)
{
    struct ca_suffixes suffixes = authority_dir_suffixes(mem, NULL);
    struct ca_authority authority;
    struct err err = {.text = ""};

    if (!ca_authority_load(mem, dir, &suffixes, &authority, &err))
        fail_msg("%s", err.text);
    return authority;
}

int authority_dir_make(void **state)
{
    (void)state;
    if (!mkdtemp(base) || chdir(base) != 0 ||
        setenv("LATCHKEY_CLOCK_FILE", AUTHORITY_DIR_CLOCK, 1) != 0)
        return -1;
    authority_dir_write(AUTHORITY_DIR_CLOCK, "0");
    return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int authority_dir_remove(void **state)
{
    (void)state;
    return nftw(base, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
