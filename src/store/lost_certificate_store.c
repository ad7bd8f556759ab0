/* SPDX-License-Identifier: Apache-2.0 */
#include "store/lost_certificate_store.h"

#include "store/record.h"

#define COLUMNS "domain_id, certificate_id, issued_at, renewal_id, told_at, epoch"
#define LETTERS "ttiTii"

/* Whether what is stored leaves room for another certificate. */
#define LEAVES_ROOM(certificate_id, epoch, before)                                                 \
    "lost_certificate.certificate_id <> " certificate_id " AND lost_certificate.epoch < " epoch    \
    " AND lost_certificate.told_at <= " before

static void read_record(struct reader *r, struct lost_certificate *out)
{
    out->domain_id = next_text(r);
    out->certificate_id = next_text(r);
    out->issued_at = next_i64(r);
    out->renewal_id = next_text(r);
    out->told_at = next_i64(r);
    out->epoch = next_i64(r);
}

DEFINE_READ_ONE(lost_certificate)

static const struct query put = {
    .name = "lost_certificate.put",
    .sql = "INSERT INTO lost_certificate (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6)"
           " ON CONFLICT (domain_id) DO UPDATE SET certificate_id = excluded.certificate_id,"
           " issued_at = excluded.issued_at, renewal_id = excluded.renewal_id,"
           " told_at = excluded.told_at, epoch = excluded.epoch"
           " WHERE " LEAVES_ROOM("$2", "$6", "$7"),
    .params = LETTERS "i",
    .cols = "",
};

bool lost_certificate_store_put(struct db *db, const struct lost_certificate *lost, bool *is_new,
                                struct err *err)
{
    int64_t changed;

    if (!db_exec(db, &put, &changed, err, QT(lost->domain_id), QT(lost->certificate_id),
                 QI(lost->issued_at), QT(lost->renewal_id), QI(lost->told_at), QI(lost->epoch),
                 QI(lost->told_at - LOST_AGAIN_MS)))
        return false;
    *is_new = changed > 0;
    return true;
}

static const struct query fills = {
    .name = "lost_certificate.fills",
    .sql = "SELECT domain_id FROM lost_certificate WHERE domain_id = $1"
           " AND NOT (" LEAVES_ROOM("$2", "$3", "$4") ")",
    .params = "ttii",
    .cols = "t",
};

bool lost_certificate_store_has_room(struct db *db, const struct lost_certificate *lost, bool *out,
                                     struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &fills, &row, err, QT(lost->domain_id), QT(lost->certificate_id),
                QI(lost->epoch), QI(lost->told_at - LOST_AGAIN_MS)))
        return false;
    *out = !row;
    return true;
}

static const struct query later = {
    .name = "lost_certificate.later",
    .sql = "SELECT " COLUMNS " FROM lost_certificate WHERE domain_id = $1 AND issued_at > $2",
    .params = "ti",
    .cols = LETTERS,
};

bool lost_certificate_store_later(struct arena *mem, struct db *db,
                                  const struct certificate *certificate,
                                  const struct lost_certificate **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &later, &row, err, QT(certificate->domain_id),
                  QI(certificate->created_at)) &&
           read_one(mem, row, out, err);
}

static const struct query count = {
    .name = "lost_certificate.count",
    .sql = "SELECT count(*) FROM lost_certificate WHERE EXISTS (SELECT 1 FROM certificate"
           " WHERE certificate.domain_id = lost_certificate.domain_id AND state = $1"
           " AND created_at < lost_certificate.issued_at)",
    .params = "t",
    .cols = "i",
};

bool lost_certificate_store_count(struct db *db, int64_t *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &count, &row, err, QT(certificate_state_name(CERTIFICATE_LIVE))))
        return false;
    *out = row_i64(row, 0);
    return true;
}

static const struct query *const all[] = {&put, &fills, &later, &count};
const struct query_list lost_certificate_queries = {"lost_certificate_store.c", all,
                                                    ARRAY_LEN(all)};
