/* SPDX-License-Identifier: Apache-2.0 */
#include "store/notice_store.h"

#include "base/name_table.h"
#include "store/record.h"

#define COLUMNS "kind, subject, text, told_at"
#define LETTERS "ttti"
#define NEVER   INT64_MIN

#define X(id, name) [NOTICE_##id] = name,
static const char *const kinds[NOTICE_COUNT] = {NOTICES(X)};
#undef X

static DEFINE_NAME_PARSE(kind_parse, enum notice_kind, kinds)

    const char *notice_kind_name(enum notice_kind kind)
{
    return kinds[kind];
}

static void read_record(struct reader *r, struct notice *out)
{
    next_enum(r, kind_parse, "kind of a notice", &out->kind);
    out->subject = next_text(r);
    out->text = next_text(r);
    out->told_at = next_i64(r);
}

DEFINE_READ_ONE(notice)
DEFINE_READ_ALL(notice, notice_list)

static const struct query put = {
    .name = "notice.put",
    .sql = "INSERT INTO notice (" COLUMNS ") VALUES ($1, $2, $3, $4)"
           " ON CONFLICT (kind, subject) DO UPDATE SET text = $3, told_at = $4"
           " WHERE notice.text <> $3 AND notice.told_at <= $5",
    .params = LETTERS "i",
    .cols = "",
};

static const struct query change = {
    .name = "notice.change",
    .sql = "UPDATE notice SET text = $3 WHERE kind = $1 AND subject = $2",
    .params = "ttt",
    .cols = "",
};

bool notice_store_put(struct db *db, const struct notice *notice, bool *is_new, struct err *err)
{
    const char *kind = kinds[notice->kind];
    bool is_told_again = notice->kind == NOTICE_ZONE;
    int64_t told, told_before = is_told_again ? notice->told_at - NOTICE_ZONE_AGAIN_MS : NEVER;

    if (!db_exec(db, &put, &told, err, QT(kind), QT(notice->subject), QT(notice->text),
                 QI(notice->told_at), QI(told_before)))
        return false;
    *is_new = told > 0;
    return *is_new || is_told_again ||
           db_exec(db, &change, NULL, err, QT(kind), QT(notice->subject), QT(notice->text));
}

static const struct query end = {
    .name = "notice.end",
    .sql = "DELETE FROM notice WHERE kind = $1 AND subject = $2",
    .params = "tt",
    .cols = "",
};

bool notice_store_end(struct db *db, enum notice_kind kind, const char *subject, bool *was_there,
                      struct err *err)
{
    int64_t ended;

    if (!db_exec(db, &end, &ended, err, QT(kinds[kind]), QT(subject)))
        return false;
    *was_there = ended > 0;
    return true;
}

static const struct query get = {
    .name = "notice.get",
    .sql = "SELECT " COLUMNS " FROM notice WHERE kind = $1 AND subject = $2",
    .params = "tt",
    .cols = LETTERS,
};

bool notice_store_get(struct arena *mem, struct db *db, enum notice_kind kind, const char *subject,
                      const struct notice **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(kinds[kind]), QT(subject)) &&
           read_one(mem, row, out, err);
}

static const struct query list = {
    .name = "notice.list",
    .sql = "SELECT " COLUMNS " FROM notice ORDER BY kind, subject LIMIT $1",
    .params = "i",
    .cols = LETTERS,
};

bool notice_store_list(struct arena *mem, struct db *db, struct notice_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QI(NOTICES_MAX)) && read_all(mem, &rows, out, err);
}

static const struct query *const all[] = {&put, &change, &end, &get, &list};
const struct query_list notice_queries = {"notice_store.c", all, ARRAY_LEN(all)};
