/* SPDX-License-Identifier: Apache-2.0 */
#include "store/issued_store.h"

#include "store/record.h"

static const struct query history = {
    .name = "issued.history",
    .sql = "SELECT COALESCE(MAX(created_at), 0), COUNT(CASE WHEN created_at > $2 THEN 1 END)"
           " FROM certificate WHERE domain_id = $1",
    .params = "ti",
    .cols = "ii",
};

bool issued_store_history(struct db *db, const char *domain_id, int64_t since,
                          struct certificate_history *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &history, &row, err, QT(domain_id), QI(since)))
        return false;
    *out = (struct certificate_history){row_i64(row, 0), row_i64(row, 1)};
    return true;
}

static const struct query names_since = {
    .name = "issued.names_since",
    .sql = "SELECT certificate.names FROM certificate"
           " JOIN issuance ON issuance.id = certificate.issuance_id"
           " WHERE certificate.domain_id = $1 AND issuance.ca = $2 AND certificate.created_at > $3"
           " ORDER BY certificate.created_at DESC LIMIT $4",
    .params = "ttii",
    .cols = "t",
};

bool issued_store_names_since(struct arena *mem, struct db *db, const struct issued_since *which,
                              struct text_lists *out, struct err *err)
{
    struct text_list *items;
    struct rows rows;

    if (!db_each(mem, db, &names_since, &rows, err, QT(which->domain_id), QT(which->ca),
                 QI(which->since), QI(ISSUED_NAMES_MAX)))
        return false;
    items = arena_array_of(mem, rows.count, struct text_list);
    for (size_t i = 0; i < rows.count; i++)
        if (!text_list_parse(mem, row_text(rows.row[i], 0), &items[i], err))
            return false;
    *out = (struct text_lists){items, rows.count};
    return true;
}

static const struct query shares = {
    .name = "issued.shares",
    .sql = "SELECT ca, COUNT(*) FROM certificate WHERE state = 'live' GROUP BY ca ORDER BY ca",
    .params = "",
    .cols = "ti",
};

bool issued_store_shares(struct arena *mem, struct db *db, struct certificate_share_list *out,
                         struct err *err)
{
    struct certificate_share *items;
    struct rows rows;

    if (!db_each_args(mem, db, &shares, &rows, (const struct db_arg[]){QNONE}, err))
        return false;
    items = arena_array_of(mem, rows.count, struct certificate_share);
    for (size_t i = 0; i < rows.count; i++)
        items[i] = (struct certificate_share){row_text(rows.row[i], 0), row_i64(rows.row[i], 1)};
    *out = (struct certificate_share_list){items, rows.count};
    return true;
}

static const struct query of_ca = {
    .name = "issued.of_ca",
    .sql = "SELECT certificate.id, domain_id, names, not_after_at, renew_at FROM certificate"
           " LEFT JOIN certificate_renewal ON certificate_id = certificate.id"
           " WHERE ca = $1 AND state = 'live' ORDER BY not_after_at, certificate.id LIMIT $2",
    .params = "ti",
    .cols = "tttiI",
};

bool issued_store_of_ca(struct arena *mem, struct db *db, const char *ca, int64_t limit,
                        struct certificate_of_ca_list *out, struct err *err)
{
    struct certificate_of_ca *items;
    struct rows rows;

    if (!db_each(mem, db, &of_ca, &rows, err, QT(ca), QI(limit)))
        return false;
    items = arena_array_of(mem, rows.count, struct certificate_of_ca);
    for (size_t i = 0; i < rows.count; i++) {
        struct reader r = {.mem = mem, .row = rows.row[i], .err = err};

        items[i].id = next_text(&r);
        items[i].domain_id = next_text(&r);
        items[i].names = next_list(&r);
        items[i].not_after_at = next_i64(&r);
        items[i].renew_at = next_i64(&r);
        if (r.is_failed)
            return false;
    }
    *out = (struct certificate_of_ca_list){items, rows.count};
    return true;
}

static const struct query *const all[] = {&history, &names_since, &shares, &of_ca};
const struct query_list issued_queries = {"issued_store.c", all, ARRAY_LEN(all)};
