/* SPDX-License-Identifier: Apache-2.0 */
#include "store/certificate_store.h"

#include <assert.h>

#include "base/name_table.h"
#include "model/revocation.h"
#include "store/record.h"

#define COLUMNS                                                                                    \
    "id, partner_id, account_id, domain_id, issuance_id, serial, names, not_before_at,"            \
    " not_after_at, issuer, leaf, chain, key_type, key_fingerprint, trust, state, created_at,"     \
    " ended_at, revoke_reason, revoked_at, ca"
#define LETTERS "tttttttiitbbttttiITIt"
#define SELECT  "SELECT " COLUMNS " FROM certificate"

#define X(id, name) [CERTIFICATE_##id] = name,
static const char *const states[CERTIFICATE_STATE_COUNT] = {CERTIFICATE_STATES(X)};
#undef X

DEFINE_NAME_PARSE(certificate_state_parse, enum certificate_state, states)

const char *certificate_state_name(enum certificate_state state)
{
    return states[state];
}

static void read_record(struct reader *r, struct certificate *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->domain_id = next_text(r);
    out->issuance_id = next_text(r);
    out->serial = next_text(r);
    out->names = next_list(r);
    out->not_before_at = next_i64(r);
    out->not_after_at = next_i64(r);
    out->issuer = next_text(r);
    out->leaf = next_bytes(r);
    out->chain = next_bytes(r);
    out->key_type = next_text(r);
    out->key_fingerprint = next_text(r);
    out->trust = next_text(r);
    next_enum(r, certificate_state_parse, "state of a certificate", &out->state);
    out->created_at = next_i64(r);
    out->ended_at = next_i64(r);
    out->revoke_reason = next_text(r);
    out->revoked_at = next_i64(r);
    out->ca = next_text(r);
}

DEFINE_READ_ONE(certificate)
DEFINE_READ_ALL(certificate, certificate_list)
DEFINE_PAGE_OF(certificate, certificate_list)

static const struct query add = {
    .name = "certificate.add",
    .sql = "INSERT INTO certificate (" COLUMNS ", sealed_key)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,"
           " $18, $19, $20, $21, $22)",
    .params = LETTERS "b",
    .cols = "",
};

bool certificate_store_add(struct db *db, const struct certificate *certificate, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct certificate *c = certificate;

    return db_exec(
        db, &add, NULL, err, QT(c->id), QT(c->partner_id), QT(c->account_id), QT(c->domain_id),
        QT(c->issuance_id), QT(c->serial), QT(text_list_json(mem, c->names)), QI(c->not_before_at),
        QI(c->not_after_at), QT(c->issuer), QB(c->leaf), QB(c->chain), QT(c->key_type),
        QT(c->key_fingerprint), QT(c->trust), QT(states[c->state]), QI(c->created_at),
        QI0(c->ended_at), QT(c->revoke_reason), QI0(c->revoked_at), QT(c->ca), QB(c->sealed_key));
}

static const struct query get = {
    .name = "certificate.get",
    .sql = SELECT " WHERE id = $1 AND " SQL_SCOPE(2, 3),
    .params = "tTT",
    .cols = LETTERS,
};

bool certificate_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                           const char *id, const struct certificate **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

/* 'live' sorts after 'issued'. */
static const struct query current = {
    .name = "certificate.current",
    .sql = SELECT " WHERE domain_id = $1 AND " SQL_SCOPE(
        2, 3) " AND state IN ('issued', 'live') ORDER BY state DESC, id DESC LIMIT 1",
    .params = "tTT",
    .cols = LETTERS,
};

bool certificate_store_current(struct arena *mem, struct db *db, const struct scope *scope,
                               const char *domain_id, const struct certificate **out,
                               struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &current, &row, err, QT(domain_id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query list[LIST_BY_COUNT] = {
    LIST_BY_TENANT_AND("domain_id", "certificate.list", SELECT,
                       LIST_TAIL(" AND ($6 IS NULL OR state = $6)"), "T", LETTERS)};

bool certificate_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                            const struct certificate_filter *filter, struct certificate_list *out,
                            struct err *err)
{
    const char *state = filter->state ? states[*filter->state] : NULL;
    struct rows rows;

    return db_each(mem, db, &list[list_by(scope, filter->domain_id)], &rows, err,
                   LIST_ARGS(scope, filter->domain_id, &filter->page), QT(state)) &&
           read_page(mem, &rows, &filter->page, out, err);
}

static const struct query supersede = {
    .name = "certificate.supersede",
    .sql = "UPDATE certificate SET state = 'superseded', ended_at = $2"
           " WHERE state = 'live' AND id <> $1"
           " AND domain_id = (SELECT domain_id FROM certificate WHERE id = $1)",
    .params = "ti",
    .cols = "",
};

static const struct query go_live = {
    .name = "certificate.go_live",
    .sql = "UPDATE certificate SET state = 'live' WHERE id = $1 AND state IN ('issued', 'live')",
    .params = "t",
    .cols = "",
};

bool certificate_store_go_live(struct db *tx, const char *id, int64_t now, struct err *err)
{
    assert(db_is_tx(tx));
    return db_exec(tx, &supersede, NULL, err, QT(id), QI(now)) &&
           db_exec_one(tx, &go_live, err, QT(id));
}

/* As the index on not_after_at has it. */
#define EXPIRES "state IN ('issued', 'live', 'superseded')"

static const struct query expired = {
    .name = "certificate.expired",
    .sql = SELECT " WHERE not_after_at <= $1 AND " EXPIRES " AND state = 'live'"
                  " ORDER BY not_after_at LIMIT 500",
    .params = "i",
    .cols = LETTERS,
};

static const struct query expire = {
    .name = "certificate.expire",
    .sql = "UPDATE certificate SET state = 'expired', ended_at = COALESCE(ended_at, $1)"
           " WHERE not_after_at <= $1 AND " EXPIRES " AND (state <> 'live' OR not_after_at <= $2)",
    .params = "ii",
    .cols = "",
};

bool certificate_store_expire(struct arena *mem, struct db *tx, int64_t now,
                              struct certificate_list *out, struct err *err)
{
    struct rows rows;

    assert(db_is_tx(tx));
    if (!db_each(mem, tx, &expired, &rows, err, QI(now)) || !read_all(mem, &rows, out, err))
        return false;
    /* only as far as they were read */
    return db_exec(tx, &expire, NULL, err, QI(now),
                   QI(out->count ? out->items[out->count - 1].not_after_at : 0));
}

static const struct query next_expiry = {
    .name = "certificate.next_expiry",
    .sql = "SELECT min(not_after_at) FROM certificate WHERE " EXPIRES,
    .params = "",
    .cols = "I",
};

bool certificate_store_next_expiry(struct db *db, int64_t *at, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &next_expiry, &row, err, QNONE))
        return false;
    *at = row_is_null(row, 0) ? INT64_MAX : row_i64(row, 0);
    return true;
}

static const struct query without_job = {
    .name = "certificate.without_job",
    .sql = SELECT " WHERE state = 'live' AND NOT EXISTS (SELECT 1 FROM job"
                  " WHERE job.kind = $1 AND job.subject_id = certificate.id) LIMIT 500",
    .params = "t",
    .cols = LETTERS,
};

bool certificate_store_without_job(struct arena *mem, struct db *db, const char *kind,
                                   struct certificate_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &without_job, &rows, err, QT(kind)) && read_all(mem, &rows, out, err);
}

static const struct query ended = {
    .name = "certificate.ended",
    .sql = SELECT " WHERE domain_id = $1 AND ended_at IS NOT NULL AND sealed_key <> $2"
                  " AND (revoke_reason IS NULL OR revoke_reason <> $3"
                  " OR revoked_at IS NOT NULL OR state = 'expired')"
                  " ORDER BY ended_at, id LIMIT 500",
    .params = "tbt",
    .cols = LETTERS,
};

bool certificate_store_ended(struct arena *mem, struct db *db, const char *domain_id,
                             struct certificate_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &ended, &rows, err, QT(domain_id), QB(SLICE_LIT("")),
                   QT(revocation_reason_name(REVOCATION_KEY_COMPROMISE))) &&
           read_all(mem, &rows, out, err);
}

static const struct query set_sample = {
    .name = "certificate.set_sample",
    .sql = "UPDATE certificate SET sampled_at = $2, sample_at = $3 WHERE id = $1",
    .params = "tii",
    .cols = "",
};

bool certificate_store_set_sample(struct db *db, const char *id, struct certificate_sample sample,
                                  struct err *err)
{
    return db_exec_one(db, &set_sample, err, QT(id), QI(sample.sampled_at), QI(sample.sample_at));
}

/* Each way of being due by its index, no further than the limit. */
#define DUE(what, by)                                                                              \
    "SELECT id FROM (SELECT id FROM certificate WHERE state = 'live' AND " what                    \
    " AND not_after_at > $1 AND EXISTS (SELECT 1 FROM domain"                                      \
    " WHERE domain.id = domain_id AND is_removed = 0) ORDER BY " by " LIMIT $3) AS due_" by

static const struct query due = {
    .name = "certificate.due",
    .sql = SELECT " WHERE id IN (" DUE("sample_at <= $1", "sample_at") " UNION " DUE(
        "sampled_at <= $2", "sampled_at") ") ORDER BY sampled_at LIMIT $3",
    .params = "iii",
    .cols = LETTERS,
};

bool certificate_store_due(struct arena *mem, struct db *db, const struct certificate_due *which,
                           struct certificate_list *out, struct err *err)
{
    const struct page page = {.limit = which->limit};
    struct rows rows;

    return db_each(mem, db, &due, &rows, err, QI(which->now), QI(which->since), QI(which->limit)) &&
           read_page(mem, &rows, &page, out, err);
}

static const struct query next_sample = {
    .name = "certificate.next_sample",
    .sql = "SELECT MIN(sample_at) FROM certificate WHERE state = 'live' AND sample_at > $1",
    .params = "i",
    .cols = "I",
};

bool certificate_store_next_sample(struct db *db, int64_t now, int64_t *at, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &next_sample, &row, err, QI(now)))
        return false;
    *at = row_is_null(row, 0) ? INT64_MAX : row_i64(row, 0);
    return true;
}

static const struct query key = {
    .name = "certificate.key",
    .sql = "SELECT sealed_key FROM certificate WHERE id = $1",
    .params = "t",
    .cols = "b",
};

bool certificate_store_key(struct arena *mem, struct db *db, const char *id,
                           struct slice *sealed_key, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &key, &row, err, QT(id)))
        return false;
    *sealed_key = row ? row_bytes(row, 0) : (struct slice){0};
    return true;
}

/* clang-format off */
static const struct query *const all[] = {
    &add, &get, &current, LISTED_BY_TENANT_AND_PARENT(list), &supersede, &go_live, &set_sample, &due,
    &next_sample, &key, &expired, &expire, &next_expiry, &without_job, &ended,
};
/* clang-format on */
const struct query_list certificate_queries = {"certificate_store.c", all, ARRAY_LEN(all)};
