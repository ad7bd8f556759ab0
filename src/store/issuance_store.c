/* SPDX-License-Identifier: Apache-2.0 */
#include "store/issuance_store.h"

#include "base/name_table.h"
#include "store/overview_store.h"
#include "store/record.h"
#include "store/subscription_store.h"

#define FIXED         "id, partner_id, account_id, domain_id, order_id, reason, created_at, replaces_id"
#define FIXED_LETTERS "ttttTtiT"
/* In the order of SAVED_ARGS. */
#define SAVED                                                                                      \
    "subscription_id, ca, state, ca_account_id, certificate_id, key_type, sealed_key, public_key," \
    " csr, intent, acme_order_url, finalize_url, certificate_url, wait_seq, attempts, error_code," \
    " error_text, problem, next_try_at, checked_at, ordered_at, published_at, validated_at,"       \
    " issued_at, deployed_at, live_at, ca_failures, is_replaces_refused"
#define SAVED_LETTERS "TttTTTBBBTTTTIiTTTIIIIIIIIii"
#define LETTERS       FIXED_LETTERS SAVED_LETTERS "i"
#define SELECT        "SELECT " FIXED ", " SAVED ", version FROM issuance"

#define SAVED_ARGS(s)                                                                              \
    QT((s)->subscription_id), QT((s)->ca), QT(issuance_state_name((s)->state)),                    \
        QT((s)->ca_account_id), QT((s)->certificate_id), QT((s)->key_type), QB((s)->sealed_key),   \
        QB((s)->public_key), QB((s)->csr), QT((s)->intent), QT((s)->acme_order_url),               \
        QT((s)->finalize_url), QT((s)->certificate_url), QI0((s)->wait_seq), QI((s)->attempts),    \
        QT((s)->error_code), QT((s)->error_text), QT((s)->problem), QI0((s)->next_try_at),         \
        QI0((s)->checked_at), QI0((s)->ordered_at), QI0((s)->published_at),                        \
        QI0((s)->validated_at), QI0((s)->issued_at), QI0((s)->deployed_at), QI0((s)->live_at),     \
        QI((s)->ca_failures), QI((s)->is_replaces_refused)

#define X(id, name) [ISSUANCE_FOR_##id] = name,
static const char *const reasons[ISSUANCE_REASON_COUNT] = {ISSUANCE_REASONS(X)};
#undef X

DEFINE_NAME_PARSE(issuance_reason_parse, enum issuance_reason, reasons)

const char *issuance_reason_name(enum issuance_reason reason)
{
    return reasons[reason];
}

static void read_stages(struct reader *r, struct issuance *out)
{
    out->next_try_at = next_i64(r);
    out->checked_at = next_i64(r);
    out->ordered_at = next_i64(r);
    out->published_at = next_i64(r);
    out->validated_at = next_i64(r);
    out->issued_at = next_i64(r);
    out->deployed_at = next_i64(r);
    out->live_at = next_i64(r);
    out->ca_failures = next_i64(r);
    out->is_replaces_refused = next_bool(r);
}

static void read_record(struct reader *r, struct issuance *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->domain_id = next_text(r);
    out->order_id = next_text(r);
    next_enum(r, issuance_reason_parse, "reason of an issuance", &out->reason);
    out->created_at = next_i64(r);
    out->replaces_id = next_text(r);
    out->subscription_id = next_text(r);
    out->ca = next_text(r);
    next_enum(r, issuance_state_parse, "state of an issuance", &out->state);
    out->ca_account_id = next_text(r);
    out->certificate_id = next_text(r);
    out->key_type = next_text(r);
    out->sealed_key = next_bytes(r);
    out->public_key = next_bytes(r);
    out->csr = next_bytes(r);
    out->intent = next_text(r);
    out->acme_order_url = next_text(r);
    out->finalize_url = next_text(r);
    out->certificate_url = next_text(r);
    out->wait_seq = next_i64(r);
    out->attempts = next_i64(r);
    out->error_code = next_text(r);
    out->error_text = next_text(r);
    out->problem = next_text(r);
    read_stages(r, out);
    out->version = next_i64(r);
}

DEFINE_READ_ONE(issuance)
DEFINE_READ_PAGE(issuance, issuance_list)

static const struct query add = {
    .name = "issuance.add",
    .sql = "INSERT INTO issuance (" FIXED ", " SAVED ", version)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,"
           " $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, "
           "$35, $36, 1)",
    .params = FIXED_LETTERS SAVED_LETTERS,
    .cols = "",
};

bool issuance_store_add(struct db *db, const struct issuance *issuance, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(issuance->id), QT(issuance->partner_id),
                   QT(issuance->account_id), QT(issuance->domain_id), QT(issuance->order_id),
                   QT(reasons[issuance->reason]), QI(issuance->created_at),
                   QT(issuance->replaces_id), SAVED_ARGS(issuance)) &&
           overview_store_touch(db, issuance->domain_id, err);
}

static const struct query get = {
    .name = "issuance.get",
    .sql = SELECT " WHERE id = $1 AND " SQL_SCOPE(2, 3),
    .params = "tTT",
    .cols = LETTERS,
};

bool issuance_store_get(struct arena *mem, struct db *db, const struct scope *scope, const char *id,
                        const struct issuance **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query latest = {
    .name = "issuance.latest",
    .sql = SELECT " WHERE domain_id = $1 AND " SQL_SCOPE(2, 3) " ORDER BY id DESC LIMIT 1",
    .params = "tTT",
    .cols = LETTERS,
};

bool issuance_store_latest(struct arena *mem, struct db *db, const struct scope *scope,
                           const char *domain_id, const struct issuance **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &latest, &row, err, QT(domain_id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query list[LIST_BY_COUNT] = {
    LIST_BY_TENANT_AND("domain_id", "issuance.list", SELECT, LIST_TAIL(""), "", LETTERS)};

bool issuance_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                         const struct issuance_filter *filter, struct issuance_list *out,
                         struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list[list_by(scope, filter->domain_id)], &rows, err,
                   LIST_ARGS(scope, filter->domain_id, &filter->page)) &&
           read_page(mem, &rows, &filter->page, out, err);
}

/* The condition is that of the index issuance_waiting_for_edges. */
static const struct query waiting = {
    .name = "issuance.waiting",
    .sql = "SELECT id, wait_seq FROM issuance"
           " WHERE state IN ('publishing', 'staging', 'deploying')",
    .params = "",
    .cols = "ti",
};

bool issuance_store_waiting(struct arena *mem, struct db *db, struct issuance_wait_list *out,
                            struct err *err)
{
    struct issuance_wait *items;
    struct rows rows;

    if (!db_each(mem, db, &waiting, &rows, err, QNONE))
        return false;
    items = arena_array_of(mem, rows.count, struct issuance_wait);
    for (size_t i = 0; i < rows.count; i++)
        items[i] = (struct issuance_wait){row_text(rows.row[i], 0), row_i64(rows.row[i], 1)};
    *out = (struct issuance_wait_list){items, rows.count};
    return true;
}

static const struct query save = {
    .name = "issuance.save",
    .sql = "UPDATE issuance SET (" SAVED ", version)"
           " = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
           " $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, version + 1)"
           " WHERE id = $29 AND version = $30",
    .params = SAVED_LETTERS "ti",
    .cols = "",
};

bool issuance_store_save(struct db *db, struct issuance *issuance, struct err *err)
{
    if (!db_exec_one(db, &save, err, SAVED_ARGS(issuance), QT(issuance->id), QI(issuance->version)))
        return false;
    issuance->version++;
    return overview_store_touch(db, issuance->domain_id, err);
}

static const struct query forget_keys = {
    .name = "issuance.forget_keys",
    .sql = "UPDATE issuance SET sealed_key = NULL, version = version + 1"
           " WHERE domain_id = $1 AND sealed_key IS NOT NULL",
    .params = "t",
    .cols = "",
};

bool issuance_store_forget_keys(struct db *db, const char *domain_id, struct err *err)
{
    return db_exec(db, &forget_keys, NULL, err, QT(domain_id));
}

static const struct query count_reissues = {
    .name = "issuance.count_reissues",
    .sql = "SELECT count(*), min(created_at) FROM issuance WHERE domain_id = $1"
           " AND subscription_id = $2 AND reason = 'reissue' AND state <> 'failed'"
           " AND created_at > $3",
    .params = "tti",
    .cols = "iI",
};

bool issuance_store_count_reissues(struct arena *mem, struct db *db,
                                   const struct subscription *subscription, int64_t since,
                                   struct issuance_count *out, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &count_reissues, &row, err, QT(subscription->domain_id),
                QT(subscription->id), QI(since)))
        return false;
    *out = (struct issuance_count){row_i64(row, 0), row_i64(row, 1)};
    return true;
}

static const struct query *const all[] = {
    &add,     &get,  &latest,      LISTED_BY_TENANT_AND_PARENT(list),
    &waiting, &save, &forget_keys, &count_reissues};
const struct query_list issuance_queries = {"issuance_store.c", all, ARRAY_LEN(all)};
