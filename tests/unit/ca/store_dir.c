/* SPDX-License-Identifier: Apache-2.0 */
#include "store_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/embedded.h"
#include "db/migrate.h"

#define READERS 4

extern const struct embedded_file ca_migrations[];
extern const size_t ca_migrations_count;

static char dir[] = "/tmp/latchkey-ca-store-XXXXXX";
static unsigned count;

int store_dir_make(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

int store_dir_remove(void **state)
{
    (void)state;
    for (unsigned i = 0; i < count; i++) {
        static const char *const ends[] = {"", "-wal", "-shm", "-turn"};

        for (size_t n = 0; n < ARRAY_LEN(ends); n++) {
            char path[96];

            snprintf(path, sizeof(path), "%s/%u.db%s", dir, i, ends[n]);
            unlink(path);
        }
    }
    return rmdir(dir);
}

const char *store_dir_next(struct arena *mem)
{
    return arena_printf(mem, "%s/%u.db", dir, count++);
}

struct db *store_dir_open(struct arena *mem)
{
    struct db *db = NULL;
    struct err err;

    if (db_open_sqlite(store_dir_next(mem), READERS, &db, &err) &&
        db_migrate(db, ca_migrations, ca_migrations_count, NULL, &err))
        return db;
    fprintf(stderr, "%s\n", err.text);
    abort();
}
