/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ca_standing_store.h"

#include "store/record.h"

static void read_record(struct reader *r, struct ca_standing *out)
{
    out->ca = next_text(r);
    out->breaker.failures = next_i64(r);
    out->breaker.failing_since_at = next_i64(r);
    out->breaker.open_since_at = next_i64(r);
    out->breaker.tries = next_i64(r);
    out->breaker.next_try_at = next_i64(r);
    out->breaker.is_trying = next_bool(r);
    out->error_text = next_text(r);
    out->version = next_i64(r);
}

DEFINE_READ_ONE(ca_standing)

static const struct query get = {
    .name = "ca_standing.get",
    .sql = "SELECT ca, failures, failing_since_at, open_since_at, tries, next_try_at, is_trying,"
           " error_text, version FROM ca_standing WHERE ca = $1",
    .params = "t",
    .cols = "tiiiiiiTi",
};

bool ca_standing_store_get(struct arena *mem, struct db *db, const char *ca,
                           struct ca_standing *out, struct err *err)
{
    const struct ca_standing *stored;
    const struct row *row;

    if (!db_one(mem, db, &get, &row, err, QT(ca)) || !read_one(mem, row, &stored, err))
        return false;
    *out = stored ? *stored : (struct ca_standing){.ca = ca};
    return true;
}

static const struct query save = {
    .name = "ca_standing.save",
    .sql = "INSERT INTO ca_standing (ca, failures, failing_since_at, open_since_at, tries,"
           " next_try_at, is_trying, error_text, version)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9 + 1)"
           " ON CONFLICT (ca) DO UPDATE SET failures = excluded.failures,"
           " failing_since_at = excluded.failing_since_at, open_since_at = excluded.open_since_at,"
           " tries = excluded.tries, next_try_at = excluded.next_try_at,"
           " is_trying = excluded.is_trying, error_text = excluded.error_text,"
           " version = excluded.version WHERE ca_standing.version = $9",
    .params = "tiiiiiiTi",
    .cols = "",
};

bool ca_standing_store_save(struct db *db, struct ca_standing *standing, struct err *err)
{
    const struct ca_breaker *b = &standing->breaker;

    if (!db_exec_one(db, &save, err, QT(standing->ca), QI(b->failures), QI(b->failing_since_at),
                     QI(b->open_since_at), QI(b->tries), QI(b->next_try_at), QI(b->is_trying),
                     QT(standing->error_text), QI(standing->version)))
        return false;
    standing->version++;
    return true;
}

static const struct query *const all[] = {&get, &save};
const struct query_list ca_standing_queries = {"ca_standing_store.c", all, ARRAY_LEN(all)};
