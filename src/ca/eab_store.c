/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/eab_store.h"

static const struct query add = {
    .name = "ca_eab.add",
    .sql = "INSERT INTO eab_key (kid, mac_key, name, is_once, created_at)"
           " VALUES ($1, $2, $3, $4, $5)",
    .params = "tbtii",
    .cols = "",
};

static const struct query count = {
    .name = "ca_eab.count",
    .sql = "SELECT COUNT(*) FROM eab_key WHERE revoked_at IS NULL",
    .params = "",
    .cols = "i",
};

bool ca_eab_add(struct arena *mem, struct db *db, const struct ca_eab_key *key, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &count, &row, err, QNONE))
        return false;
    if (row_i64(row, 0) >= CA_EAB_KEYS_MAX)
        return err_set(err, ERR_CONFLICT,
                       "there are %d keys already: revoke what is no longer used", CA_EAB_KEYS_MAX);
    return db_exec(db, &add, NULL, err, QT(key->kid), QB(key->mac_key), QT(key->name),
                   QI(key->is_once), QI(key->created_at));
}

#define COLUMNS "kid, mac_key, name, is_once, created_at, used_at, revoked_at"
#define USABLE  "revoked_at IS NULL AND (is_once = 0 OR used_at IS NULL)"

static struct ca_eab_key read_row(const struct row *row)
{
    return (struct ca_eab_key){
        .kid = row_text(row, 0),
        .mac_key = row_bytes(row, 1),
        .name = row_text(row, 2),
        .is_once = row_bool(row, 3),
        .created_at = row_i64(row, 4),
        .used_at = row_i64(row, 5),
        .revoked_at = row_i64(row, 6),
    };
}

static const struct query get = {
    .name = "ca_eab.get",
    .sql = "SELECT " COLUMNS " FROM eab_key WHERE kid = $1 AND " USABLE,
    .params = "t",
    .cols = "tbtiiII",
};

bool ca_eab_get(struct arena *mem, struct db *db, const char *kid, const struct ca_eab_key **out,
                struct err *err)
{
    struct ca_eab_key *key = arena_new_of(mem, struct ca_eab_key);
    const struct row *row;

    if (!db_one(mem, db, &get, &row, err, QT(kid)))
        return false;
    if (row)
        *key = read_row(row);
    *out = row ? key : NULL;
    return true;
}

static const struct query list = {
    .name = "ca_eab.list",
    .sql = "SELECT " COLUMNS ", (SELECT COUNT(*) FROM account a WHERE a.eab_kid = kid)"
           " FROM eab_key WHERE revoked_at IS NULL ORDER BY created_at, kid LIMIT $1",
    .params = "i",
    .cols = "tbtiiIIi",
};

bool ca_eab_list(struct arena *mem, struct db *db, struct ca_eab_keys *out, struct err *err)
{
    struct ca_eab_key *items;
    struct rows rows;

    if (!db_each(mem, db, &list, &rows, err, QI(CA_EAB_KEYS_MAX)))
        return false;
    items = arena_array_of(mem, rows.count + 1, struct ca_eab_key);
    for (size_t i = 0; i < rows.count; i++) {
        items[i] = read_row(rows.row[i]);
        items[i].accounts = row_i64(rows.row[i], 7);
    }
    *out = (struct ca_eab_keys){.items = items, .count = rows.count};
    return true;
}

static const struct query use = {
    .name = "ca_eab.use",
    .sql = "UPDATE eab_key SET used_at = $2 WHERE kid = $1 AND " USABLE,
    .params = "ti",
    .cols = "",
};

bool ca_eab_use(struct db *db, const char *kid, int64_t at, struct err *err)
{
    return db_exec_one(db, &use, err, QT(kid), QI(at));
}

static const struct query revoke = {
    .name = "ca_eab.revoke",
    .sql = "UPDATE eab_key SET revoked_at = $2 WHERE kid = $1 AND revoked_at IS NULL",
    .params = "ti",
    .cols = "",
};

bool ca_eab_revoke(struct db *db, const char *kid, int64_t at, struct err *err)
{
    return db_exec_one(db, &revoke, err, QT(kid), QI(at));
}

static const struct query *const all[] = {&add, &count, &get, &list, &use, &revoke};
const struct query_list ca_eab_queries = {"eab_store.c", all, ARRAY_LEN(all)};
