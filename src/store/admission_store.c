/* SPDX-License-Identifier: Apache-2.0 */
#include "store/admission_store.h"

#include "store/record.h"

/* --- buckets --- */

static const struct query tat = {
    .name = "rate_bucket.tat",
    .sql = "SELECT tat_us FROM rate_bucket WHERE ca = $1 AND limit_name = $2 AND subject = $3",
    .params = "ttt",
    .cols = "i",
};

bool admission_store_tat(struct db *db, const struct rate_key *key, int64_t *tat_us,
                         struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &tat, &row, err, QT(key->ca), QT(key->limit), QT(key->subject)))
        return false;
    *tat_us = row ? row_i64(row, 0) : 0;
    return true;
}

static const struct query put_tat = {
    .name = "rate_bucket.put",
    .sql = "INSERT INTO rate_bucket (ca, limit_name, subject, tat_us) VALUES ($1, $2, $3, $4)"
           " ON CONFLICT (ca, limit_name, subject) DO UPDATE SET tat_us = excluded.tat_us",
    .params = "ttti",
    .cols = "",
};

bool admission_store_put_tat(struct db *db, const struct rate_key *key, int64_t tat_us,
                             struct err *err)
{
    return db_exec(db, &put_tat, NULL, err, QT(key->ca), QT(key->limit), QT(key->subject),
                   QI(tat_us));
}

static const struct query tidy = {
    .name = "rate_bucket.tidy",
    .sql = "DELETE FROM rate_bucket WHERE tat_us < $1",
    .params = "i",
    .cols = "",
};

/* What is under way is little beside what has ended: each of it is looked up. */
#define ENDED                                                                                      \
    "EXISTS (SELECT 1 FROM issuance WHERE id = issuance_id"                                        \
    " AND state IN ('live', 'failed', 'parked'))"

static const struct query tidy_line = {
    .name = "admission_line.tidy",
    .sql = "DELETE FROM admission_line WHERE " ENDED,
    .params = "",
    .cols = "",
};

static const struct query tidy_spent = {
    .name = "rate_spent.tidy",
    .sql = "DELETE FROM rate_spent WHERE " ENDED,
    .params = "",
    .cols = "",
};

bool admission_store_tidy(struct db *db, int64_t before_us, struct err *err)
{
    return db_exec(db, &tidy, NULL, err, QI(before_us)) &&
           db_exec(db, &tidy_line, NULL, err, QNONE) && db_exec(db, &tidy_spent, NULL, err, QNONE);
}

/* --- what an attempt has taken --- */

static const struct query spend = {
    .name = "rate_spent.add",
    .sql = "INSERT INTO rate_spent (issuance_id, limit_name, subject) VALUES ($1, $2, $3)"
           " ON CONFLICT DO NOTHING",
    .params = "ttt",
    .cols = "",
};

bool admission_store_spend(struct db *db, const char *issuance_id, const struct rate_spent *spent,
                           struct err *err)
{
    return db_exec(db, &spend, NULL, err, QT(issuance_id), QT(spent->limit), QT(spent->subject));
}

static const struct query spent_of = {
    .name = "rate_spent.list",
    .sql = "SELECT limit_name, subject FROM rate_spent WHERE issuance_id = $1"
           " ORDER BY limit_name, subject",
    .params = "t",
    .cols = "tt",
};

bool admission_store_spent(struct arena *mem, struct db *db, const char *issuance_id,
                           struct rate_spent_list *out, struct err *err)
{
    struct rate_spent *items;
    struct rows rows;

    if (!db_each(mem, db, &spent_of, &rows, err, QT(issuance_id)))
        return false;
    items = arena_array_of(mem, rows.count, struct rate_spent);
    for (size_t i = 0; i < rows.count; i++)
        items[i] = (struct rate_spent){row_text(rows.row[i], 0), row_text(rows.row[i], 1)};
    *out = (struct rate_spent_list){items, rows.count};
    return true;
}

static const struct query forget = {
    .name = "rate_spent.forget",
    .sql = "DELETE FROM rate_spent WHERE issuance_id = $1",
    .params = "t",
    .cols = "",
};

bool admission_store_forget(struct db *db, const char *issuance_id, struct err *err)
{
    return db_exec(db, &forget, NULL, err, QT(issuance_id));
}

/* --- the line --- */

static void read_record(struct reader *r, struct line_place *out)
{
    out->issuance_id = next_text(r);
    out->ca = next_text(r);
    out->partner_id = next_text(r);
    out->class = next_i64(r);
    out->tag = next_i64(r);
}

DEFINE_READ_ONE(line_place)

static const struct query place_of = {
    .name = "admission_line.get",
    .sql = "SELECT issuance_id, ca, partner_id, class, tag FROM admission_line"
           " WHERE issuance_id = $1",
    .params = "t",
    .cols = "tttii",
};

bool admission_store_place(struct arena *mem, struct db *db, const char *issuance_id,
                           const struct line_place **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &place_of, &row, err, QT(issuance_id)) && read_one(mem, row, out, err);
}

static const struct query join = {
    .name = "admission_line.join",
    .sql = "INSERT INTO admission_line (issuance_id, ca, partner_id, class, tag)"
           " VALUES ($1, $2, $3, $4, $5)",
    .params = "tttii",
    .cols = "",
};

bool admission_store_join(struct db *db, const struct line_place *place, struct err *err)
{
    return db_exec(db, &join, NULL, err, QT(place->issuance_id), QT(place->ca),
                   QT(place->partner_id), QI(place->class), QI(place->tag));
}

static const struct query leave = {
    .name = "admission_line.leave",
    .sql = "DELETE FROM admission_line WHERE issuance_id = $1",
    .params = "t",
    .cols = "",
};

bool admission_store_leave(struct db *db, const char *issuance_id, struct err *err)
{
    return db_exec(db, &leave, NULL, err, QT(issuance_id));
}

static const struct query last_tag = {
    .name = "admission_line.last_tag",
    .sql = "SELECT COALESCE(MAX(tag), 0) FROM admission_line WHERE ca = $1 AND partner_id = $2",
    .params = "tt",
    .cols = "i",
};

bool admission_store_last_tag(struct db *db, const char *ca, const char *partner_id, int64_t *tag,
                              struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &last_tag, &row, err, QT(ca), QT(partner_id)))
        return false;
    *tag = row_i64(row, 0);
    return true;
}

static const struct query ahead = {
    .name = "admission_line.ahead",
    .sql = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM admission_line"
           " WHERE ca = $1 AND (class, tag, issuance_id) < ($2, $3, $4) LIMIT $5) AS before",
    .params = "tiiti",
    .cols = "i",
};

bool admission_store_ahead(struct db *db, const struct line_place *place, int64_t most,
                           int64_t *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &ahead, &row, err, QT(place->ca), QI(place->class), QI(place->tag),
                QT(place->issuance_id), QI(most)))
        return false;
    *out = row_i64(row, 0);
    return true;
}

static const struct query first = {
    .name = "admission_line.first",
    .sql = "SELECT issuance_id FROM admission_line WHERE ca = $1"
           " ORDER BY class, tag, issuance_id LIMIT 1",
    .params = "t",
    .cols = "t",
};

bool admission_store_first(struct arena *mem, struct db *db, const char *ca, const char **out,
                           struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &first, &row, err, QT(ca)))
        return false;
    *out = row ? row_text(row, 0) : NULL;
    return true;
}

static const struct query *const all[] = {&tat,   &put_tat,  &tidy,   &tidy_line, &tidy_spent,
                                          &spend, &spent_of, &forget, &place_of,  &join,
                                          &leave, &last_tag, &ahead,  &first};
const struct query_list admission_queries = {"admission_store.c", all, ARRAY_LEN(all)};
