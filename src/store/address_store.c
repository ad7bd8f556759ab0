/* SPDX-License-Identifier: Apache-2.0 */
#include "store/address_store.h"

#include "store/record.h"

static void read_record(struct reader *r, struct address_set *out)
{
    out->partner_id = next_text(r);
    out->ipv4 = next_list(r);
    out->ipv6 = next_list(r);
    out->cname = next_text(r);
}

DEFINE_READ_ONE(address_set)

static const struct query put = {
    .name = "address.put",
    .sql = "INSERT INTO address_set (partner_id, ipv4, ipv6, cname) VALUES ($1, $2, $3, $4)"
           " ON CONFLICT (partner_id) DO UPDATE"
           " SET ipv4 = excluded.ipv4, ipv6 = excluded.ipv6, cname = excluded.cname",
    .params = "tttT",
    .cols = "",
};

bool address_store_put(struct db *db, const struct address_set *set, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &put, NULL, err, QT(set->partner_id), QT(text_list_json(mem, set->ipv4)),
                   QT(text_list_json(mem, set->ipv6)), QT(set->cname));
}

/* The default's id is the empty text, which sorts first. */
static const struct query get = {
    .name = "address.get",
    .sql = "SELECT partner_id, ipv4, ipv6, cname FROM address_set"
           " WHERE partner_id IN ('', $1) ORDER BY partner_id DESC LIMIT 1",
    .params = "t",
    .cols = "tttT",
};

bool address_store_get(struct arena *mem, struct db *db, const char *partner_id,
                       const struct address_set **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(partner_id)) && read_one(mem, row, out, err);
}

static const struct query *const all[] = {&put, &get};
const struct query_list address_queries = {"address_store.c", all, ARRAY_LEN(all)};
