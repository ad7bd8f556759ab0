/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ca_notice_store.h"

#include "base/name_table.h"
#include "store/record.h"

#define COLUMNS "ca, kind, text, since_at"
#define LETTERS "ttti"

#define X(id, name) [CA_NOTICE_##id] = name,
static const char *const kinds[CA_NOTICE_COUNT] = {CA_NOTICES(X)};
#undef X

static DEFINE_NAME_PARSE(kind_parse, enum ca_notice_kind, kinds)

    const char *ca_notice_kind_name(enum ca_notice_kind kind)
{
    return kinds[kind];
}

static void read_record(struct reader *r, struct ca_notice *out)
{
    out->ca = next_text(r);
    next_enum(r, kind_parse, "kind of a notice about a CA", &out->kind);
    out->text = next_text(r);
    out->since_at = next_i64(r);
}

DEFINE_READ_ONE(ca_notice)
DEFINE_READ_ALL(ca_notice, ca_notice_list)

static const struct query add = {
    .name = "ca_notice.add",
    .sql = "INSERT INTO ca_notice (" COLUMNS ") VALUES ($1, $2, $3, $4)"
           " ON CONFLICT (ca, kind) DO NOTHING",
    .params = LETTERS,
    .cols = "",
};

static const struct query change = {
    .name = "ca_notice.change",
    .sql = "UPDATE ca_notice SET text = $3 WHERE ca = $1 AND kind = $2",
    .params = "ttt",
    .cols = "",
};

bool ca_notice_store_put(struct db *db, const struct ca_notice *notice, bool *is_new,
                         struct err *err)
{
    const char *kind = kinds[notice->kind];
    int64_t added;

    if (!db_exec(db, &add, &added, err, QT(notice->ca), QT(kind), QT(notice->text),
                 QI(notice->since_at)))
        return false;
    *is_new = added > 0;
    return *is_new || db_exec(db, &change, NULL, err, QT(notice->ca), QT(kind), QT(notice->text));
}

static const struct query end = {
    .name = "ca_notice.end",
    .sql = "DELETE FROM ca_notice WHERE ca = $1 AND kind = $2",
    .params = "tt",
    .cols = "",
};

bool ca_notice_store_end(struct db *db, const char *ca, enum ca_notice_kind kind, bool *was_there,
                         struct err *err)
{
    int64_t ended;

    if (!db_exec(db, &end, &ended, err, QT(ca), QT(kinds[kind])))
        return false;
    *was_there = ended > 0;
    return true;
}

static const struct query get = {
    .name = "ca_notice.get",
    .sql = "SELECT " COLUMNS " FROM ca_notice WHERE ca = $1 AND kind = $2",
    .params = "tt",
    .cols = LETTERS,
};

bool ca_notice_store_get(struct arena *mem, struct db *db, const char *ca, enum ca_notice_kind kind,
                         const struct ca_notice **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(ca), QT(kinds[kind])) &&
           read_one(mem, row, out, err);
}

static const struct query list = {
    .name = "ca_notice.list",
    .sql = "SELECT " COLUMNS " FROM ca_notice ORDER BY ca, kind LIMIT $1",
    .params = "i",
    .cols = LETTERS,
};

bool ca_notice_store_list(struct arena *mem, struct db *db, struct ca_notice_list *out,
                          struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QI(CA_NOTICES_MAX)) &&
           read_all(mem, &rows, out, err);
}

static const struct query *const all[] = {&add, &change, &end, &get, &list};
const struct query_list ca_notice_queries = {"ca_notice_store.c", all, ARRAY_LEN(all)};
