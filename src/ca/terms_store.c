/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/terms_store.h"

static const struct query current = {
    .name = "ca_terms.current",
    .sql = "SELECT COALESCE(MAX(version), 1) FROM terms",
    .params = "",
    .cols = "i",
};

bool ca_terms_current(struct arena *mem, struct db *db, int64_t *version, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &current, &row, err, QNONE))
        return false;
    *version = row_i64(row, 0);
    return true;
}

static const struct query change = {
    .name = "ca_terms.change",
    .sql = "INSERT INTO terms (version, changed_at) VALUES ($1, $2)",
    .params = "ii",
    .cols = "",
};

bool ca_terms_change(struct db *db, int64_t version, int64_t at, struct err *err)
{
    return db_exec(db, &change, NULL, err, QI(version), QI(at));
}

static const struct query agree = {
    .name = "ca_terms.agree",
    .sql = "UPDATE account SET terms_version = $2 WHERE id = $1 AND terms_version < $2",
    .params = "ii",
    .cols = "",
};

static const struct query agree_all = {
    .name = "ca_terms.agree_all",
    .sql = "UPDATE account SET terms_version = $1 WHERE terms_version < $1",
    .params = "i",
    .cols = "",
};

bool ca_terms_agree(struct db *db, int64_t account_id, int64_t version, int64_t *count,
                    struct err *err)
{
    return account_id ? db_exec(db, &agree, count, err, QI(account_id), QI(version))
                      : db_exec(db, &agree_all, count, err, QI(version));
}

static const struct query page = {
    .name = "ca_terms.page",
    .sql = "UPDATE account SET agreement_page = COALESCE(agreement_page, $2) WHERE id = $1"
           " RETURNING agreement_page",
    .params = "it",
    .cols = "t",
};

bool ca_agreement_page(struct arena *mem, struct db *db, int64_t account_id, const char *token,
                       const char **out, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &page, &row, err, QI(account_id), QT(token)))
        return false;
    if (!row)
        return err_set(err, ERR_NOT_FOUND, "there is no account %lld", (long long)account_id);
    *out = row_text(row, 0);
    return true;
}

static const struct query find = {
    .name = "ca_terms.find",
    .sql = "SELECT id FROM account WHERE agreement_page = $1",
    .params = "t",
    .cols = "i",
};

bool ca_agreement_find(struct arena *mem, struct db *db, const char *token, int64_t *account_id,
                       struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &find, &row, err, QT(token)))
        return false;
    *account_id = row ? row_i64(row, 0) : 0;
    return true;
}

static const struct query *const all[] = {&current, &change, &agree, &agree_all, &page, &find};
const struct query_list ca_terms_queries = {"terms_store.c", all, ARRAY_LEN(all)};
