/* SPDX-License-Identifier: Apache-2.0 */
#include "store/issuance_name_store.h"

#include <string.h>

#include "store/record.h"

#define COLUMNS                                                                                    \
    "issuance_id, name, dns_state, finding, authorization_url, challenge_url, token,"              \
    " challenge_state, is_chosen, challenge_type"
#define LETTERS "tttTTTTTiT"

static void read_record(struct reader *r, struct issuance_name *out)
{
    out->issuance_id = next_text(r);
    out->name = next_text(r);
    out->dns_state = next_text(r);
    out->finding = next_text(r);
    out->authorization_url = next_text(r);
    out->challenge_url = next_text(r);
    out->token = next_text(r);
    out->challenge_state = next_text(r);
    out->is_chosen = next_bool(r);
    out->challenge_type = next_text(r);
}

DEFINE_READ_ALL(issuance_name, issuance_name_list)

bool issuance_name_is_by_dns(const struct issuance_name *name)
{
    return name->challenge_type && strcmp(name->challenge_type, ISSUANCE_NAME_DNS_01) == 0;
}

static const struct query put = {
    .name = "issuance_name.put",
    .sql = "INSERT INTO issuance_name (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
           " $10)"
           " ON CONFLICT (issuance_id, name) DO UPDATE SET dns_state = excluded.dns_state,"
           " finding = excluded.finding, authorization_url = excluded.authorization_url,"
           " challenge_url = excluded.challenge_url, token = excluded.token,"
           " challenge_state = excluded.challenge_state,"
           " is_chosen = excluded.is_chosen, challenge_type = excluded.challenge_type",
    .params = LETTERS,
    .cols = "",
};

bool issuance_name_store_put(struct db *db, const struct issuance_name *name, struct err *err)
{
    return db_exec(db, &put, NULL, err, QT(name->issuance_id), QT(name->name), QT(name->dns_state),
                   QT(name->finding), QT(name->authorization_url), QT(name->challenge_url),
                   QT(name->token), QT(name->challenge_state), QI(name->is_chosen),
                   QT(name->challenge_type));
}

static const struct query list = {
    .name = "issuance_name.list",
    .sql =
        "SELECT " COLUMNS " FROM issuance_name WHERE issuance_id = $1"
        " AND EXISTS (SELECT 1 FROM issuance WHERE id = $1 AND " SQL_SCOPE(2, 3) ")"
                                                                                 " ORDER BY name",
    .params = "tTT",
    .cols = LETTERS,
};

bool issuance_name_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                              const char *issuance_id, struct issuance_name_list *out,
                              struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QT(issuance_id), SCOPE_ARGS(scope)) &&
           read_all(mem, &rows, out, err);
}

static const struct query *const all[] = {&put, &list};
const struct query_list issuance_name_queries = {"issuance_name_store.c", all, ARRAY_LEN(all)};
