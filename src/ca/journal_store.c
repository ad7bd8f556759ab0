/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/journal_store.h"

#include "base/name_table.h"

static const char *const kind_names[CA_JOURNAL_KIND_COUNT] = {
#define X(id, name) [CA_JOURNAL_##id] = (name),
    CA_JOURNAL_KINDS(X)
#undef X
};

const char *ca_journal_kind_name(enum ca_journal_kind kind)
{
    return kind_names[kind];
}

DEFINE_NAME_PARSE(ca_journal_kind_parse, enum ca_journal_kind, kind_names)

static const struct query add = {
    .name = "ca_journal.add",
    .sql = "INSERT INTO journal (at, account_id, kind, subject, detail)"
           " VALUES ($1, $2, $3, $4, $5)",
    .params = "iIttt",
    .cols = "",
};

bool ca_journal_add(struct db *db, const struct ca_journal_entry *entry, struct err *err)
{
    return db_exec(db, &add, NULL, err, QI(entry->at), QI0(entry->account_id),
                   QT(kind_names[entry->kind]), QT(entry->subject), QT(entry->detail));
}

#define COLUMNS "id, at, account_id, kind, subject, detail"

#define MATCHES                                                                                    \
    " id > $1 AND ($2 IS NULL OR kind = $2)"                                                       \
    " AND ($3 IS NULL OR instr(subject, $3) > 0 OR instr(detail, $3) > 0)"
#define PARAMS "iTTi"
#define TYPES  "iiIttt"

static const struct query list = {
    .name = "ca_journal.list",
    .sql = "SELECT " COLUMNS " FROM journal WHERE" MATCHES " ORDER BY id LIMIT $4",
    .params = PARAMS,
    .cols = TYPES,
};

static const struct query list_of_account = {
    .name = "ca_journal.list_of_account",
    .sql =
        "SELECT " COLUMNS " FROM journal WHERE account_id = $5 AND" MATCHES " ORDER BY id LIMIT $4",
    .params = PARAMS "i",
    .cols = TYPES,
};

static const struct query last = {
    .name = "ca_journal.last",
    .sql = "SELECT " COLUMNS " FROM journal WHERE" MATCHES " ORDER BY id DESC LIMIT $4",
    .params = PARAMS,
    .cols = TYPES,
};

static const struct query last_of_account = {
    .name = "ca_journal.last_of_account",
    .sql = "SELECT " COLUMNS " FROM journal WHERE account_id = $5 AND" MATCHES
           " ORDER BY id DESC LIMIT $4",
    .params = PARAMS "i",
    .cols = TYPES,
};

static bool read_entry(const struct row *row, struct ca_journal_entry *out, struct err *err)
{
    *out = (struct ca_journal_entry){
        .id = row_i64(row, 0),
        .at = row_i64(row, 1),
        .account_id = row_i64(row, 2),
        .subject = row_text(row, 4),
        .detail = row_text(row, 5),
    };
    if (!ca_journal_kind_parse(row_text(row, 3), &out->kind))
        return err_set(err, ERR_STORE, "unknown kind \"%s\" in the journal", row_text(row, 3));
    return true;
}

static bool read_rows(struct arena *mem, struct db *db, const struct ca_journal_filter *filter,
                      struct rows *out, struct err *err)
{
    if (filter->account_id)
        return db_each(mem, db, filter->is_last ? &last_of_account : &list_of_account, out, err,
                       QI(filter->after_id), QT(filter->kind), QT(filter->text), QI(filter->limit),
                       QI(filter->account_id));
    return db_each(mem, db, filter->is_last ? &last : &list, out, err, QI(filter->after_id),
                   QT(filter->kind), QT(filter->text), QI(filter->limit));
}

bool ca_journal_list(struct arena *mem, struct db *db, const struct ca_journal_filter *filter,
                     struct ca_journal *out, struct err *err)
{
    struct ca_journal_entry *entries;
    struct rows rows;

    if (!read_rows(mem, db, filter, &rows, err))
        return false;
    entries = arena_array_of(mem, rows.count + 1, struct ca_journal_entry);
    for (size_t i = 0; i < rows.count; i++) {
        size_t at = filter->is_last ? rows.count - 1 - i : i;

        if (!read_entry(rows.row[i], &entries[at], err))
            return false;
    }
    *out = (struct ca_journal){.entries = entries, .count = rows.count};
    return true;
}

static const struct query tidy = {
    .name = "ca_journal.tidy",
    .sql = "DELETE FROM journal WHERE at < $1 AND id IN (SELECT id FROM journal"
           " WHERE id < (SELECT max(id) FROM journal) ORDER BY id LIMIT $2)",
    .params = "ii",
    .cols = "",
};

bool ca_journal_tidy(struct db *tx, int64_t before, int64_t limit, int64_t *count, struct err *err)
{
    return db_exec(tx, &tidy, count, err, QI(before), QI(limit));
}

static const struct query *const all[] = {&add, &list, &list_of_account, &last, &last_of_account,
                                          &tidy};
const struct query_list ca_journal_queries = {"journal_store.c", all, ARRAY_LEN(all)};
