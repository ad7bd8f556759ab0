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

static const struct query list = {
    .name = "ca_journal.list",
    .sql = "SELECT id, at, account_id, kind, subject, detail FROM journal WHERE id > $1"
           " AND ($2 IS NULL OR account_id = $2)"
           " AND ($3 IS NULL OR kind = $3) ORDER BY id LIMIT $4",
    .params = "iITi",
    .cols = "iiIttt",
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

bool ca_journal_list(struct arena *mem, struct db *db, const struct ca_journal_filter *filter,
                     struct ca_journal *out, struct err *err)
{
    struct ca_journal_entry *entries;
    struct rows rows;

    if (!db_each(mem, db, &list, &rows, err, QI(filter->after_id), QI0(filter->account_id),
                 QT(filter->kind), QI(filter->limit)))
        return false;
    entries = arena_array_of(mem, rows.count + 1, struct ca_journal_entry);
    for (size_t i = 0; i < rows.count; i++) {
        if (!read_entry(rows.row[i], &entries[i], err))
            return false;
    }
    *out = (struct ca_journal){.entries = entries, .count = rows.count};
    return true;
}

static const struct query *const all[] = {&add, &list};
const struct query_list ca_journal_queries = {"journal_store.c", all, ARRAY_LEN(all)};
