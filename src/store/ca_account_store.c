/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ca_account_store.h"

#include "base/name_table.h"
#include "store/record.h"

#define COLUMNS "id, ca, url, sealed_key, thumbprint, state, created_at"
#define LETTERS "ttTbtti"
#define SELECT  "SELECT " COLUMNS " FROM ca_account"

#define X(id, name) [CA_ACCOUNT_##id] = name,
static const char *const states[CA_ACCOUNT_STATE_COUNT] = {CA_ACCOUNT_STATES(X)};
#undef X

DEFINE_NAME_PARSE(ca_account_state_parse, enum ca_account_state, states)

const char *ca_account_state_name(enum ca_account_state state)
{
    return states[state];
}

static void read_record(struct reader *r, struct ca_account *out)
{
    out->id = next_text(r);
    out->ca = next_text(r);
    out->url = next_text(r);
    out->sealed_key = next_bytes(r);
    out->thumbprint = next_text(r);
    next_enum(r, ca_account_state_parse, "state of a CA account", &out->state);
    out->created_at = next_i64(r);
}

DEFINE_READ_ONE(ca_account)

static const struct query add = {
    .name = "ca_account.add",
    .sql = "INSERT INTO ca_account (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7)",
    .params = LETTERS,
    .cols = "",
};

bool ca_account_store_add(struct db *db, const struct ca_account *account, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(account->id), QT(account->ca), QT(account->url),
                   QB(account->sealed_key), QT(account->thumbprint), QT(states[account->state]),
                   QI(account->created_at));
}

static const struct query find = {
    .name = "ca_account.find",
    .sql = SELECT " WHERE ca = $1",
    .params = "t",
    .cols = LETTERS,
};

bool ca_account_store_find(struct arena *mem, struct db *db, const char *ca,
                           const struct ca_account **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &find, &row, err, QT(ca)) && read_one(mem, row, out, err);
}

static const struct query move = {
    .name = "ca_account.move",
    .sql = "UPDATE ca_account SET state = $3, url = COALESCE($4, url) WHERE id = $1 AND state = $2",
    .params = "tttT",
    .cols = "",
};

bool ca_account_store_move(struct db *db, const char *id, enum ca_account_state from,
                           enum ca_account_state to, const char *url, struct err *err)
{
    return db_exec_one(db, &move, err, QT(id), QT(states[from]), QT(states[to]), QT(url));
}

static const struct query *const all[] = {&add, &find, &move};
const struct query_list ca_account_queries = {"ca_account_store.c", all, ARRAY_LEN(all)};
