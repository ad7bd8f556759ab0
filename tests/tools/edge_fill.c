/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Fills an edge's LMDB, and shows it, for tests.
 *
 *     edge_fill put FOLDER < RECORDS     all of them in one transaction, MAC not looked at
 *     edge_fill get FOLDER > RECORDS
 *     edge_fill raw FOLDER KIND KEY < VALUE    as it is, however damaged
 *     edge_fill readers FOLDER           number of reader slots taken, after a check for dead ones
 */
#include <errno.h>
#include <lmdb.h>
#include <sys/stat.h>

#include "edge/lookup.h"

#define INPUT_MAX (64u << 20)
#define MAP_SIZE  ((size_t)256 << 20)

static unsigned char input[INPUT_MAX];

static void need(int rc, const char *what)
{
    if (rc == 0)
        return;
    fprintf(stderr, "edge_fill: %s: %s\n", what, mdb_strerror(rc));
    exit(1);
}

static MDB_env *open_to_read(const char *folder)
{
    MDB_env *env = NULL;

    need(mdb_env_create(&env), "create");
    need(mdb_env_open(env, folder, MDB_RDONLY, 0660), folder);
    return env;
}

static MDB_env *open_to_write(const char *folder)
{
    MDB_env *env = NULL;

    if (mkdir(folder, 0750) != 0 && errno != EEXIST)
        need(errno, folder);
    need(mdb_env_create(&env), "create");
    need(mdb_env_set_mapsize(env, MAP_SIZE), "map size");
    need(mdb_env_set_maxreaders(env, 512), "readers");
    need(mdb_env_open(env, folder, 0, 0660), folder);
    return env;
}

static struct slice read_input(void)
{
    return slice_of(input, fread(input, 1, sizeof(input), stdin));
}

static void put_value(MDB_txn *txn, struct slice db_key, struct slice value)
{
    unsigned char key_copy[EDGE_DB_KEY_MAX];
    MDB_val key = {db_key.len, key_copy}, data = {value.len, input + (value.data - input)};
    MDB_dbi dbi = 0;

    memcpy(key_copy, db_key.data, db_key.len);
    need(mdb_dbi_open(txn, NULL, 0, &dbi), "database");
    need(mdb_put(txn, dbi, &key, &data, 0), "put");
}

static int put_records(MDB_env *env)
{
    struct slice rest = read_input();
    struct edge_record record;
    struct edge_db_key key;
    MDB_txn *txn = NULL;

    need(mdb_txn_begin(env, NULL, 0, &txn), "begin");
    while (rest.len) {
        enum edge_fault fault = edge_record_take(&rest, &record);

        if (fault == EDGE_FAULT_NONE)
            fault = edge_record_check(&record);
        if (fault != EDGE_FAULT_NONE || !edge_db_key(record.kind, record.key, &key)) {
            fprintf(stderr, "edge_fill: %s\n", edge_fault_text(fault));
            return 1;
        }
        put_value(txn, edge_db_key_view(&key), record.whole);
    }
    need(mdb_txn_commit(txn), "commit");
    return 0;
}

static int put_raw(MDB_env *env, const char *kind, const char *key)
{
    struct edge_db_key db_key;
    MDB_txn *txn = NULL;

    if (!edge_db_key((enum edge_kind)kind[0], slice_str(key), &db_key))
        return 1;
    need(mdb_txn_begin(env, NULL, 0, &txn), "begin");
    put_value(txn, edge_db_key_view(&db_key), read_input());
    need(mdb_txn_commit(txn), "commit");
    return 0;
}

static int get_records(MDB_env *env)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    MDB_dbi dbi = 0;
    MDB_val key, value;

    need(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
    need(mdb_dbi_open(txn, NULL, 0, &dbi), "database");
    need(mdb_cursor_open(txn, dbi, &cursor), "cursor");
    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
        if (*(const unsigned char *)key.mv_data != 0) /* the agent's own state */
            fwrite(value.mv_data, 1, value.mv_size, stdout);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return 0;
}

static int count_reader(const char *line, void *count)
{
    *(int *)count += strchr("0123456789 ", line[0]) && strpbrk(line, "0123456789") ? 1 : 0;
    return 0;
}

static int show_readers(MDB_env *env)
{
    int count = 0, dead = 0;

    need(mdb_reader_check(env, &dead), "reader check");
    (void)!mdb_reader_list(env, count_reader, &count);
    printf("%d\n", count);
    return 0;
}

int main(int argc, char **argv)
{
    MDB_env *env;
    int result = 64;

    if (argc < 3) {
        fprintf(stderr, "usage: edge_fill put|get|raw|readers FOLDER [KIND KEY]\n");
        return 64;
    }
    env = argv[1][0] == 'p' || argc == 5 ? open_to_write(argv[2]) : open_to_read(argv[2]);
    if (strcmp(argv[1], "put") == 0)
        result = put_records(env);
    else if (strcmp(argv[1], "get") == 0)
        result = get_records(env);
    else if (strcmp(argv[1], "raw") == 0 && argc == 5)
        result = put_raw(env, argv[3], argv[4]);
    else if (strcmp(argv[1], "readers") == 0)
        result = show_readers(env);
    mdb_env_close(env);
    return result;
}
