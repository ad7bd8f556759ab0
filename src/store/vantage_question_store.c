/* SPDX-License-Identifier: Apache-2.0 */
#include "store/vantage_question_store.h"

#include "store/record.h"

#define COLUMNS "id, grp, until, octets, is_signed"
#define LETTERS "ttibi"

static void read_record(struct reader *r, struct vantage_question *out)
{
    out->id = next_text(r);
    out->group = next_text(r);
    out->until = next_i64(r);
    out->octets = next_bytes(r);
    out->is_signed = next_bool(r);
}

DEFINE_READ_ONE(vantage_question)
DEFINE_READ_ALL(vantage_question, vantage_question_list)

static const struct query add = {
    .name = "vantage_question.add",
    .sql = "INSERT INTO vantage_question (" COLUMNS ") VALUES ($1, $2, $3, $4, $5)",
    .params = LETTERS,
    .cols = "",
};

bool vantage_question_store_add(struct db *tx, const struct vantage_question *question,
                                struct err *err)
{
    return db_exec(tx, &add, NULL, err, QT(question->id), QT(question->group), QI(question->until),
                   QB(question->octets), QI(question->is_signed));
}

static const struct query ask = {
    .name = "vantage_question.ask",
    .sql = "INSERT INTO vantage_answer (question_id, edge_id, asked_at) VALUES ($1, $2, $3)",
    .params = "tti",
    .cols = "",
};

bool vantage_question_store_ask(struct db *tx, const char *id, const char *edge_id, int64_t now,
                                struct err *err)
{
    return db_exec(tx, &ask, NULL, err, QT(id), QT(edge_id), QI(now));
}

static const struct query not_signed = {
    .name = "vantage_question.unsigned",
    .sql = "SELECT " COLUMNS " FROM vantage_question"
           " WHERE until > $2 AND grp = $1 AND is_signed = 0 LIMIT 64",
    .params = "ti",
    .cols = LETTERS,
};

bool vantage_question_store_unsigned(struct arena *mem, struct db *db, const char *group,
                                     int64_t now, struct vantage_question_list *out,
                                     struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &not_signed, &rows, err, QT(group), QI(now)) &&
           read_all(mem, &rows, out, err);
}

static const struct query sign = {
    .name = "vantage_question.sign",
    .sql = "UPDATE vantage_question SET octets = $2, is_signed = 1 WHERE id = $1",
    .params = "tb",
    .cols = "",
};

bool vantage_question_store_sign(struct db *db, const char *id, struct slice octets,
                                 struct err *err)
{
    return db_exec(db, &sign, NULL, err, QT(id), QB(octets));
}

/* From the few questions that are not over to the answers, never from all answers of an edge. */
static const struct query next = {
    .name = "vantage_question.next",
    .sql = "SELECT " COLUMNS " FROM vantage_question WHERE until > $3 AND id ="
           " (SELECT MIN(q.id) FROM vantage_question AS q JOIN vantage_answer AS a"
           "  ON a.question_id = q.id AND a.edge_id = $1"
           "  WHERE q.until > $3 AND q.id > $2 AND q.is_signed = 1 AND a.octets IS NULL)",
    .params = "tti",
    .cols = LETTERS,
};

bool vantage_question_store_next(struct arena *mem, struct db *db, const char *edge_id,
                                 const char *after, int64_t now,
                                 const struct vantage_question **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &next, &row, err, QT(edge_id), QT(after), QI(now)) &&
           read_one(mem, row, out, err);
}

static const struct query is_open = {
    .name = "vantage_question.is_open",
    .sql = "SELECT COUNT(*) FROM vantage_question AS q"
           " JOIN vantage_answer AS a ON a.question_id = q.id"
           " WHERE q.until > $1 AND q.is_signed = 1 AND a.octets IS NULL",
    .params = "i",
    .cols = "i",
};

bool vantage_question_store_is_open(struct db *db, int64_t now, bool *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &is_open, &row, err, QI(now)))
        return false;
    *out = row_i64(row, 0) > 0;
    return true;
}

static const struct query answer = {
    .name = "vantage_question.answer",
    .sql = "UPDATE vantage_answer SET octets = $3"
           " WHERE question_id = $1 AND edge_id = $2 AND octets IS NULL AND EXISTS"
           " (SELECT 1 FROM vantage_question WHERE id = $1 AND until > $4)",
    .params = "ttbi",
    .cols = "",
};

bool vantage_question_store_answer(struct db *db, const char *id, const char *edge_id,
                                   struct slice octets, int64_t now, struct err *err)
{
    return db_exec_one(db, &answer, err, QT(id), QT(edge_id), QB(octets), QI(now));
}

static const struct query answers = {
    .name = "vantage_question.answers",
    .sql = "SELECT edge_id, octets FROM vantage_answer WHERE question_id = $1 ORDER BY edge_id",
    .params = "t",
    .cols = "tB",
};

bool vantage_question_store_answers(struct arena *mem, struct db *db, const char *id,
                                    struct vantage_answer_list *out, struct err *err)
{
    struct vantage_answer *items;
    struct rows rows;

    if (!db_each(mem, db, &answers, &rows, err, QT(id)))
        return false;
    items = arena_array_of(mem, rows.count, struct vantage_answer);
    for (size_t i = 0; i < rows.count; i++)
        items[i] = (struct vantage_answer){row_text(rows.row[i], 0), row_bytes(rows.row[i], 1)};
    *out = (struct vantage_answer_list){items, rows.count};
    return true;
}

static const struct query forget_answers = {
    .name = "vantage_question.forget_answers",
    .sql = "DELETE FROM vantage_answer WHERE question_id IN"
           " (SELECT id FROM vantage_question WHERE until < $1)",
    .params = "i",
    .cols = "",
};

static const struct query forget = {
    .name = "vantage_question.forget",
    .sql = "DELETE FROM vantage_question WHERE until < $1",
    .params = "i",
    .cols = "",
};

bool vantage_question_store_forget(struct db *tx, int64_t before, struct err *err)
{
    return db_exec(tx, &forget_answers, NULL, err, QI(before)) &&
           db_exec(tx, &forget, NULL, err, QI(before));
}

static const struct query *const all[] = {&add,     &ask,    &not_signed, &sign,           &next,
                                          &is_open, &answer, &answers,    &forget_answers, &forget};
const struct query_list vantage_question_queries = {"vantage_question_store.c", all,
                                                    ARRAY_LEN(all)};
