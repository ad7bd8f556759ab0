/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/account_store.h"

#define COLUMNS                                                                                    \
    "id, key_hash, jwk, status, contact, created_at, lost_at, eab_kid, eab, terms_version"
#define TYPES "ittttiITTi"

static const struct query get = {
    .name = "ca_account.get",
    .sql = "SELECT " COLUMNS " FROM account WHERE id = $1",
    .params = "i",
    .cols = TYPES,
};

static const struct query of_key = {
    .name = "ca_account.of_key",
    .sql = "SELECT " COLUMNS " FROM account WHERE key_hash = $1",
    .params = "t",
    .cols = TYPES,
};

static bool read_row(struct arena *mem, const struct row *row, const struct ca_account **out,
                     struct err *err)
{
    struct ca_account *account;

    *out = NULL;
    if (!row)
        return true;
    account = arena_new_of(mem, struct ca_account);
    *account = (struct ca_account){
        .id = row_i64(row, 0),
        .key_hash = row_text(row, 1),
        .jwk = row_text(row, 2),
        .contact = row_text(row, 4),
        .created_at = row_i64(row, 5),
        .lost_at = row_i64(row, 6),
        .eab_kid = row_text(row, 7),
        .eab = row_text(row, 8),
        .terms_version = row_i64(row, 9),
    };
    if (!ca_status_read(row_text(row, 3), &account->status, err))
        return false;
    *out = account;
    return true;
}

bool ca_account_get(struct arena *mem, struct db *db, int64_t id, const struct ca_account **out,
                    struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QI(id)) && read_row(mem, row, out, err);
}

bool ca_account_of_key(struct arena *mem, struct db *db, const char *key_hash,
                       const struct ca_account **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &of_key, &row, err, QT(key_hash)) && read_row(mem, row, out, err);
}

static const struct query add = {
    .name = "ca_account.add",
    .sql = "INSERT INTO account (key_hash, jwk, status, contact, created_at, eab_kid, eab,"
           " terms_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
    .params = "ttttiTTi",
    .cols = "i",
};

bool ca_account_add(struct arena *mem, struct db *db, const struct ca_account *account, int64_t *id,
                    struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &add, &row, err, QT(account->key_hash), QT(account->jwk),
                QT(ca_status_name(account->status)), QT(account->contact), QI(account->created_at),
                QT(account->eab_kid), QT(account->eab), QI(account->terms_version)))
        return false;
    *id = row_i64(row, 0);
    return true;
}

static const struct query set_contact = {
    .name = "ca_account.set_contact",
    .sql = "UPDATE account SET contact = $2 WHERE id = $1 AND status = 'valid'",
    .params = "it",
    .cols = "",
};

bool ca_account_set_contact(struct db *db, int64_t id, const char *contact, struct err *err)
{
    return db_exec_one(db, &set_contact, err, QI(id), QT(contact));
}

static const struct query deactivate = {
    .name = "ca_account.deactivate",
    .sql = "UPDATE account SET status = 'deactivated' WHERE id = $1 AND status = 'valid'",
    .params = "i",
    .cols = "",
};

bool ca_account_deactivate(struct db *db, int64_t id, struct err *err)
{
    return db_exec_one(db, &deactivate, err, QI(id));
}

static const struct query set_key = {
    .name = "ca_account.set_key",
    .sql = "UPDATE account SET key_hash = $2, jwk = $3 WHERE id = $1 AND status = 'valid'"
           " AND key_hash = $4",
    .params = "ittt",
    .cols = "",
};

bool ca_account_set_key(struct db *db, const struct ca_account *account, const char *old_hash,
                        struct err *err)
{
    return db_exec_one(db, &set_key, err, QI(account->id), QT(account->key_hash), QT(account->jwk),
                       QT(old_hash));
}

static const struct query lose_all = {
    .name = "ca_account.lose_all",
    .sql = "UPDATE account SET lost_at = $1, key_hash = 'lost ' || id || ' ' || key_hash"
           " WHERE lost_at IS NULL",
    .params = "i",
    .cols = "",
};

bool ca_account_lose_all(struct db *db, int64_t at, int64_t *count, struct err *err)
{
    return db_exec(db, &lose_all, count, err, QI(at));
}

static const struct query *const all[] = {&get,        &of_key,  &add,     &set_contact,
                                          &deactivate, &set_key, &lose_all};
const struct query_list ca_client_queries = {"account_store.c", all, ARRAY_LEN(all)};
