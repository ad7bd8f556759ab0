/* SPDX-License-Identifier: Apache-2.0 */
#include "store/claim_store.h"

#include <assert.h>

#include "base/name_table.h"
#include "store/record.h"

#define COLUMNS                                                                                    \
    "id, name, domain_id, partner_id, account_id, state, created_at, ended_at, label, proven_at"
#define LETTERS "ttttttiITI"
#define SELECT  "SELECT " COLUMNS " FROM claim"

#define X(id, name) [CLAIM_##id] = name,
static const char *const states[CLAIM_STATE_COUNT] = {CLAIM_STATES(X)};
#undef X

DEFINE_NAME_PARSE(claim_state_parse, enum claim_state, states)

const char *claim_state_name(enum claim_state state)
{
    return states[state];
}

static void read_record(struct reader *r, struct claim *out)
{
    out->id = next_text(r);
    out->name = next_text(r);
    out->domain_id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    next_enum(r, claim_state_parse, "state of a claim", &out->state);
    out->created_at = next_i64(r);
    out->ended_at = next_i64(r);
    out->label = next_text(r);
    out->proven_at = next_i64(r);
}

DEFINE_READ_ONE(claim)
DEFINE_READ_ALL(claim, claim_list)

static const struct query add = {
    .name = "claim.add",
    .sql = "INSERT INTO claim (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    .params = LETTERS,
    .cols = "",
};

bool claim_store_add(struct db *db, const struct claim *claim, struct err *err)
{
    bool is_added;

    assert(claim->state == CLAIM_ACTIVE && !claim->ended_at && !claim->proven_at);
    is_added = db_exec(db, &add, NULL, err, QT(claim->id), QT(claim->name), QT(claim->domain_id),
                       QT(claim->partner_id), QT(claim->account_id), QT(states[claim->state]),
                       QI(claim->created_at), QNULL, QT(claim->label), QNULL);
    if (!is_added && err->code == ERR_CONFLICT && strcmp(err->field, "claim.name") == 0) {
        err_set(err, ERR_CONFLICT, "%s is claimed already", claim->name);
        snprintf(err->field, sizeof(err->field), "name");
    }
    return is_added;
}

static const struct query holder = {
    .name = "claim.holder",
    .sql = SELECT " WHERE name = $1 AND state = 'active'",
    .params = "t",
    .cols = LETTERS,
};

bool claim_store_holder(struct arena *mem, struct db *db, const char *name,
                        const struct claim **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &holder, &row, err, QT(name)) && read_one(mem, row, out, err);
}

static const struct query prove = {
    .name = "claim.prove",
    .sql = "UPDATE claim SET proven_at = $3 WHERE domain_id = $1 AND name = $2"
           " AND state = 'active' AND proven_at IS NULL AND created_at <= $3",
    .params = "tti",
    .cols = "",
};

bool claim_store_prove(struct db *db, const char *domain_id, const char *name, int64_t at,
                       bool *is_first, struct err *err)
{
    int64_t changed;

    if (!db_exec(db, &prove, &changed, err, QT(domain_id), QT(name), QI(at)))
        return false;
    *is_first = changed > 0;
    return true;
}

static const struct query unproven_below = {
    .name = "claim.unproven_below",
    .sql = SELECT " WHERE name LIKE '%' || $1 AND state = 'active' AND proven_at IS NULL"
                  " ORDER BY id",
    .params = "t",
    .cols = LETTERS,
};

bool claim_store_list_unproven_below(struct arena *mem, struct db *db, const char *suffix,
                                     struct claim_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &unproven_below, &rows, err, QT(suffix)) &&
           read_all(mem, &rows, out, err);
}

static const struct query list = {
    .name = "claim.list",
    .sql = SELECT " WHERE domain_id = $1 AND " SQL_SCOPE(2, 3) " ORDER BY id",
    .params = "tTT",
    .cols = LETTERS,
};

bool claim_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                      const char *domain_id, struct claim_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QT(domain_id), SCOPE_ARGS(scope)) &&
           read_all(mem, &rows, out, err);
}

static const struct query end = {
    .name = "claim.end",
    .sql = "UPDATE claim SET state = 'ended', ended_at = $4"
           " WHERE domain_id = $1 AND " SQL_SCOPE(2, 3) " AND state = 'active'",
    .params = "tTTi",
    .cols = "",
};

bool claim_store_end(struct db *db, const struct scope *scope, const char *domain_id, int64_t now,
                     int64_t *ended, struct err *err)
{
    return db_exec(db, &end, ended, err, QT(domain_id), SCOPE_ARGS(scope), QI(now));
}

static const struct query end_name = {
    .name = "claim.end_name",
    .sql = "UPDATE claim SET state = 'ended', ended_at = $3"
           " WHERE domain_id = $1 AND name = $2 AND state = 'active'",
    .params = "tti",
    .cols = "",
};

bool claim_store_end_name(struct db *db, const char *domain_id, const char *name, int64_t now,
                          struct err *err)
{
    return db_exec_one(db, &end_name, err, QT(domain_id), QT(name), QI(now));
}

static const struct query set_label = {
    .name = "claim.set_label",
    .sql = "UPDATE claim SET label = $2 WHERE id = $1 AND label IS NULL",
    .params = "tt",
    .cols = "",
};

bool claim_store_set_label(struct db *db, const char *id, const char *label, struct err *err)
{
    return db_exec(db, &set_label, NULL, err, QT(id), QT(label));
}

static const struct query *const all[] = {&add,  &holder, &prove,    &unproven_below,
                                          &list, &end,    &end_name, &set_label};
const struct query_list claim_queries = {"claim_store.c", all, ARRAY_LEN(all)};
