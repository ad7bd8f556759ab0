/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/crl_store.h"

static const struct query get = {
    .name = "ca_crl.get",
    .sql = "SELECT issuer_id, shard, number, this_update, is_stale, der FROM crl"
           " WHERE issuer_id = $1 AND shard = $2",
    .params = "ti",
    .cols = "tiiiib",
};

bool ca_crl_get(struct arena *mem, struct db *db, const char *issuer_id, int64_t shard,
                const struct ca_crl **out, struct err *err)
{
    struct ca_crl *crl;
    const struct row *row;

    if (!db_one(mem, db, &get, &row, err, QT(issuer_id), QI(shard)))
        return false;
    *out = NULL;
    if (!row)
        return true;
    crl = arena_new_of(mem, struct ca_crl);
    *crl = (struct ca_crl){
        .issuer_id = row_text(row, 0),
        .shard = row_i64(row, 1),
        .number = row_i64(row, 2),
        .this_update = row_i64(row, 3),
        .is_stale = row_bool(row, 4),
        .der = row_bytes(row, 5),
    };
    *out = crl;
    return true;
}

static const struct query put = {
    .name = "ca_crl.put",
    .sql = "INSERT INTO crl (issuer_id, shard, number, this_update, is_stale, der)"
           " VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (issuer_id, shard) DO UPDATE SET"
           " number = $3, this_update = $4, is_stale = 0, der = $5",
    .params = "tiiib",
    .cols = "",
};

bool ca_crl_put(struct db *db, const struct ca_crl *crl, struct err *err)
{
    return db_exec(db, &put, NULL, err, QT(crl->issuer_id), QI(crl->shard), QI(crl->number),
                   QI(crl->this_update), QB(crl->der));
}

static const struct query outdate = {
    .name = "ca_crl.outdate",
    .sql = "UPDATE crl SET is_stale = 1 WHERE shard = $2"
           " AND issuer_id = (SELECT issuer_id FROM certificate WHERE serial = $1)",
    .params = "ti",
    .cols = "",
};

bool ca_crl_outdate(struct db *db, const char *serial, struct err *err)
{
    return db_exec(db, &outdate, NULL, err, QT(serial), QI(ca_crl_shard(serial)));
}

static const struct query outdate_all = {
    .name = "ca_crl.outdate_all",
    .sql = "UPDATE crl SET is_stale = 1",
    .params = "",
    .cols = "",
};

bool ca_crl_outdate_all(struct db *db, struct err *err)
{
    return db_exec(db, &outdate_all, NULL, err, QNONE);
}

/* By the index certificate_revoked: of what is revoked alone, by issuer and last octet. */
static const struct query entries = {
    .name = "ca_crl.entries",
    .sql = "SELECT serial, revoked_at, revocation_reason FROM certificate WHERE issuer_id = $1"
           " AND substr(serial, -2) IN ($2, $3) AND revoked_at IS NOT NULL AND not_after > $4",
    .params = "ttti",
    .cols = "tii",
};

bool ca_crl_entries(struct arena *mem, struct db *db, const struct ca_crl *crl,
                    int64_t expires_after, struct ca_crl_entries *out, struct err *err)
{
    unsigned low = (unsigned)crl->shard - 1, high = low + CA_CRL_SHARDS;
    struct ca_crl_entry *list;
    struct rows rows;

    if (!db_each(mem, db, &entries, &rows, err, QT(crl->issuer_id),
                 QT(arena_printf(mem, "%02x", low)), QT(arena_printf(mem, "%02x", high)),
                 QI(expires_after)))
        return false;
    list = arena_array_of(mem, rows.count + 1, struct ca_crl_entry);
    for (size_t i = 0; i < rows.count; i++)
        list[i] = (struct ca_crl_entry){row_text(rows.row[i], 0), row_i64(rows.row[i], 1),
                                        row_i64(rows.row[i], 2)};
    *out = (struct ca_crl_entries){list, rows.count};
    return true;
}

static const struct query outdate_without = {
    .name = "ca_crl.outdate_without",
    .sql = "UPDATE crl SET is_stale = 1 WHERE issuer_id = $1"
           " AND NOT EXISTS (SELECT 1 FROM crl_url WHERE issuer_id = $1 AND url = $2)",
    .params = "tt",
    .cols = "",
};

static const struct query add_url = {
    .name = "ca_crl.add_url",
    .sql = "INSERT INTO crl_url (issuer_id, url) VALUES ($1, $2)"
           " ON CONFLICT (issuer_id, url) DO NOTHING",
    .params = "tt",
    .cols = "",
};

/* In this order: killed in between it is done again. */
bool ca_crl_add_url(struct db *db, const char *issuer_id, const char *url, struct err *err)
{
    return db_exec(db, &outdate_without, NULL, err, QT(issuer_id), QT(url)) &&
           db_exec(db, &add_url, NULL, err, QT(issuer_id), QT(url));
}

static const struct query list_urls = {
    .name = "ca_crl.list_urls",
    .sql = "SELECT url FROM crl_url WHERE issuer_id = $1 UNION SELECT $2 ORDER BY 1",
    .params = "tt",
    .cols = "t",
};

bool ca_crl_list_urls(struct arena *mem, struct db *db, const char *issuer_id, const char *now,
                      struct ca_crl_urls *out, struct err *err)
{
    struct rows rows;

    if (!db_each(mem, db, &list_urls, &rows, err, QT(issuer_id), QT(now)))
        return false;
    *out = (struct ca_crl_urls){arena_array_of(mem, rows.count, const char *), rows.count};
    for (size_t i = 0; i < rows.count; i++)
        out->items[i] = row_text(rows.row[i], 0);
    return true;
}

static const struct query *const all[] = {
    &get, &put, &outdate, &outdate_all, &entries, &outdate_without, &add_url, &list_urls,
};
const struct query_list ca_crl_queries = {"crl_store.c", all, ARRAY_LEN(all)};
