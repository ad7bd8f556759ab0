/* SPDX-License-Identifier: Apache-2.0 */
#include "store/zone_notice_store.h"

static const struct query put = {
    .name = "zone_notice.put",
    .sql = "INSERT INTO zone_notice (zone, text, told_at) VALUES ($1, $2, $3)"
           " ON CONFLICT (zone) DO UPDATE SET text = $2, told_at = $3"
           " WHERE zone_notice.text <> $2 AND zone_notice.told_at <= $4",
    .params = "ttii",
    .cols = "",
};

bool zone_notice_store_put(struct db *db, const struct zone_notice *notice, bool *is_new,
                           struct err *err)
{
    int64_t changed;

    if (!db_exec(db, &put, &changed, err, QT(notice->zone), QT(notice->text), QI(notice->told_at),
                 QI(notice->told_at - ZONE_NOTICE_AGAIN_MS)))
        return false;
    *is_new = changed > 0;
    return true;
}

static const struct query end = {
    .name = "zone_notice.end",
    .sql = "DELETE FROM zone_notice WHERE zone = $1",
    .params = "t",
    .cols = "",
};

bool zone_notice_store_end(struct db *db, const char *zone, bool *was_there, struct err *err)
{
    int64_t ended;

    if (!db_exec(db, &end, &ended, err, QT(zone)))
        return false;
    *was_there = ended > 0;
    return true;
}

static const struct query *const all[] = {&put, &end};
const struct query_list zone_notice_queries = {"zone_notice_store.c", all, ARRAY_LEN(all)};
