/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dns_value_store.h"

#include "base/name_table.h"
#include "store/record.h"

#define COLUMNS "owner, value, zone, domain_id, issuance_id, state, created_at, put_at"
#define LETTERS "ttttttiI"
#define SELECT  "SELECT " COLUMNS " FROM dns_value"
#define KEY     " WHERE owner = $1 AND value = $2"

#define X(id, name) [DNS_VALUE_##id] = name,
static const char *const states[DNS_VALUE_STATE_COUNT] = {DNS_VALUE_STATES(X)};
#undef X

DEFINE_NAME_PARSE(dns_value_state_parse, enum dns_value_state, states)

const char *dns_value_state_name(enum dns_value_state state)
{
    return states[state];
}

static void read_record(struct reader *r, struct dns_value *out)
{
    out->owner = next_text(r);
    out->value = next_text(r);
    out->zone = next_text(r);
    out->domain_id = next_text(r);
    out->issuance_id = next_text(r);
    next_enum(r, dns_value_state_parse, "state of a DNS value", &out->state);
    out->created_at = next_i64(r);
    out->put_at = next_i64(r);
}

DEFINE_READ_ALL(dns_value, dns_value_list)

static const struct query want = {
    .name = "dns_value.want",
    .sql = "INSERT INTO dns_value (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, 'wanted', $6, NULL)"
           " ON CONFLICT (owner, value) DO UPDATE SET state = 'wanted', issuance_id = $5, put_at = "
           "NULL"
           " WHERE dns_value.state = 'leaving'",
    .params = "ttttti",
    .cols = "",
};

bool dns_value_store_want(struct db *db, const struct dns_value *value, struct err *err)
{
    return db_exec(db, &want, NULL, err, QT(value->owner), QT(value->value), QT(value->zone),
                   QT(value->domain_id), QT(value->issuance_id), QI(value->created_at));
}

static const struct query put = {
    .name = "dns_value.put",
    .sql = "UPDATE dns_value SET state = 'there', put_at = $3" KEY " AND state = 'wanted'",
    .params = "tti",
    .cols = "",
};

bool dns_value_store_put(struct db *db, const struct dns_value *value, int64_t now, struct err *err)
{
    return db_exec_one(db, &put, err, QT(value->owner), QT(value->value), QI(now));
}

static const struct query of = {
    .name = "dns_value.of",
    .sql = SELECT " WHERE issuance_id = $1 AND state IN ('wanted', 'there') ORDER BY owner, value",
    .params = "t",
    .cols = LETTERS,
};

bool dns_value_store_of(struct arena *mem, struct db *db, const char *issuance_id,
                        struct dns_value_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &of, &rows, err, QT(issuance_id)) && read_all(mem, &rows, out, err);
}

static const struct query leave = {
    .name = "dns_value.leave",
    .sql = "UPDATE dns_value SET state = 'leaving'"
           " WHERE issuance_id = $1 AND state IN ('wanted', 'there')",
    .params = "t",
    .cols = "",
};

bool dns_value_store_leave(struct db *db, const char *issuance_id, int64_t *left, struct err *err)
{
    return db_exec(db, &leave, left, err, QT(issuance_id));
}

static const struct query leave_late = {
    .name = "dns_value.leave_late",
    .sql = "INSERT INTO dns_value (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, 'leaving', $6, NULL)"
           " ON CONFLICT (owner, value) DO UPDATE SET state = 'leaving'"
           " WHERE dns_value.state = 'removing'",
    .params = "ttttti",
    .cols = "",
};

bool dns_value_store_leave_late(struct db *db, const struct dns_value *value, struct err *err)
{
    return db_exec(db, &leave_late, NULL, err, QT(value->owner), QT(value->value), QT(value->zone),
                   QT(value->domain_id), QT(value->issuance_id), QI(value->created_at));
}

static const struct query leaving = {
    .name = "dns_value.leaving",
    .sql = SELECT " WHERE domain_id = $1 AND state IN ('leaving', 'removing')"
                  " ORDER BY owner, value LIMIT $2",
    .params = "ti",
    .cols = LETTERS,
};

bool dns_value_store_leaving(struct arena *mem, struct db *db, const char *domain_id,
                             struct dns_value_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &leaving, &rows, err, QT(domain_id), QI(DNS_VALUE_BATCH)) &&
           read_all(mem, &rows, out, err);
}

static const struct query take = {
    .name = "dns_value.take",
    .sql = "UPDATE dns_value SET state = 'removing'" KEY " AND state IN ('leaving', 'removing')",
    .params = "tt",
    .cols = "",
};

bool dns_value_store_take(struct db *db, const struct dns_value *value, struct err *err)
{
    return db_exec_one(db, &take, err, QT(value->owner), QT(value->value));
}

static const struct query remove_one = {
    .name = "dns_value.remove",
    .sql = "DELETE FROM dns_value" KEY " AND state = 'removing'",
    .params = "tt",
    .cols = "",
};

bool dns_value_store_remove(struct db *db, const struct dns_value *value, struct err *err)
{
    return db_exec(db, &remove_one, NULL, err, QT(value->owner), QT(value->value));
}

static const struct query *const all[] = {&want,       &put,     &of,   &leave,
                                          &leave_late, &leaving, &take, &remove_one};
const struct query_list dns_value_queries = {"dns_value_store.c", all, ARRAY_LEN(all)};
