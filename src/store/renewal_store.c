/* SPDX-License-Identifier: Apache-2.0 */
#include "store/renewal_store.h"

#include "store/record.h"

#define COLUMNS                                                                                    \
    "certificate_id, source, window_start_at, window_end_at, explanation_url, drawn_at, renew_at," \
    " poll_at, poll_failures, poll_error"
#define LETTERS "ttiiTiiIiT"

static void read_record(struct reader *r, struct renewal *out)
{
    out->certificate_id = next_text(r);
    next_enum(r, renewal_source_parse, "source of a renewal window", &out->source);
    out->window.start_at = next_i64(r);
    out->window.end_at = next_i64(r);
    out->explanation_url = next_text(r);
    out->drawn_at = next_i64(r);
    out->renew_at = next_i64(r);
    out->poll_at = next_i64(r);
    out->poll_failures = next_i64(r);
    out->poll_error = next_text(r);
}

DEFINE_READ_ONE(renewal)

static const struct query get = {
    .name = "renewal.get",
    .sql = "SELECT " COLUMNS " FROM certificate_renewal WHERE certificate_id = $1"
           " AND EXISTS (SELECT 1 FROM certificate WHERE id = $1 AND " SQL_SCOPE(2, 3) ")",
    .params = "tTT",
    .cols = LETTERS,
};

bool renewal_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                       const char *certificate_id, const struct renewal **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(certificate_id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query put = {
    .name = "renewal.put",
    .sql = "INSERT INTO certificate_renewal (" COLUMNS ")"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
           " ON CONFLICT (certificate_id) DO UPDATE SET source = excluded.source,"
           " window_start_at = excluded.window_start_at, window_end_at = excluded.window_end_at,"
           " explanation_url = excluded.explanation_url, drawn_at = excluded.drawn_at,"
           " renew_at = excluded.renew_at, poll_at = excluded.poll_at,"
           " poll_failures = excluded.poll_failures, poll_error = excluded.poll_error",
    .params = LETTERS,
    .cols = "",
};

bool renewal_store_put(struct db *db, const struct renewal *renewal, struct err *err)
{
    const struct renewal *r = renewal;

    return db_exec(db, &put, NULL, err, QT(r->certificate_id), QT(renewal_source_name(r->source)),
                   QI(r->window.start_at), QI(r->window.end_at), QT(r->explanation_url),
                   QI(r->drawn_at), QI(r->renew_at), QI0(r->poll_at), QI(r->poll_failures),
                   QT(r->poll_error));
}

static const struct query ask_all = {
    .name = "renewal.ask_all",
    .sql = "UPDATE certificate_renewal SET poll_at = $1 WHERE poll_at > $1",
    .params = "i",
    .cols = "",
};

bool renewal_store_ask_all(struct db *db, int64_t now, struct err *err)
{
    return db_exec(db, &ask_all, NULL, err, QI(now));
}

static const struct query *const all[] = {&get, &put, &ask_all};
const struct query_list renewal_queries = {"renewal_store.c", all, ARRAY_LEN(all)};
