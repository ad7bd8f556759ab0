/* SPDX-License-Identifier: Apache-2.0 */
#include "store/registration_store.h"

#include "store/record.h"

#define COLUMNS "domain_id, is_registered, states, expires_at, seen_at"
#define LETTERS "titii"

static void read_record(struct reader *r, struct domain_registration *out)
{
    out->domain_id = next_text(r);
    out->is_registered = next_bool(r);
    out->states = next_text(r);
    out->expires_at = next_i64(r);
    out->seen_at = next_i64(r);
}

DEFINE_READ_ONE(domain_registration)

static const struct query save = {
    .name = "registration.save",
    .sql = "INSERT INTO domain_registration (" COLUMNS ") VALUES ($1, $2, $3, $4, $5)"
           " ON CONFLICT (domain_id) DO UPDATE SET is_registered = $2, states = $3,"
           " expires_at = $4, seen_at = $5 WHERE domain_registration.seen_at < $5",
    .params = "titii",
    .cols = "",
};

bool registration_store_save(struct db *db, const struct domain_registration *said, struct err *err)
{
    return db_exec(db, &save, NULL, err, QT(said->domain_id), QI(said->is_registered),
                   QT(said->states), QI(said->expires_at), QI(said->seen_at));
}

static const struct query get = {
    .name = "registration.get",
    .sql = "SELECT " COLUMNS " FROM domain_registration WHERE domain_id = $1",
    .params = "t",
    .cols = LETTERS,
};

bool registration_store_get(struct arena *mem, struct db *db, const char *domain_id,
                            const struct domain_registration **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(domain_id)) && read_one(mem, row, out, err);
}

static const struct query *const all[] = {&save, &get};
const struct query_list registration_queries = {"registration_store.c", all, ARRAY_LEN(all)};
