/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * dns_value_store: the TXT values of dns-01 in zones of ours. The row is stored before the value is
 * put into the zone, and goes after it was taken out: killed anywhere, what is left is known. The
 * owner has a label of the claim, so no two domains share one.
 *
 *     wanted    to be put there, or being put
 *     there     the zone has taken it
 *     leaving   to be taken out: nobody needs it any more
 *     removing  being taken out: nobody may put the same one there meanwhile
 */
#include "db/db.h"
#include "store/scope.h"

#define DNS_VALUE_STATES(X)                                                                        \
    X(WANTED, "wanted")                                                                            \
    X(THERE, "there")                                                                              \
    X(LEAVING, "leaving")                                                                          \
    X(REMOVING, "removing")

#define X(id, name) DNS_VALUE_##id,
enum dns_value_state { DNS_VALUE_STATES(X) DNS_VALUE_STATE_COUNT };
#undef X

struct dns_value {
    const char *owner; /* without final dot */
    const char *value;
    const char *zone;
    const char *domain_id;
    const char *issuance_id;
    enum dns_value_state state;
    int64_t created_at;
    int64_t put_at; /* 0: not yet */
};

struct dns_value_list {
    const struct dns_value *items;
    size_t count;
};

extern const struct query_list dns_value_queries;

/* Adds one that is wanted, or takes back the same that leaves; in any other state it stays so. */
MUST_CHECK bool dns_value_store_want(struct db *db, const struct dns_value *value, struct err *err);
/* wanted -> there. ERR_LOST_RACE when it is not wanted any more. */
MUST_CHECK bool dns_value_store_put(struct db *db, const struct dns_value *value, int64_t now,
                                    struct err *err);
/* In order of owner and value: those that are wanted or there. */
MUST_CHECK bool dns_value_store_of(struct arena *mem, struct db *db, const char *issuance_id,
                                   struct dns_value_list *out, struct err *err);
/* All of the issuance leave; *left is how many. */
MUST_CHECK bool dns_value_store_leave(struct db *db, const char *issuance_id, int64_t *left,
                                      struct err *err);
/* One that was put there though nobody wanted it any more leaves; not when somebody does again. */
MUST_CHECK bool dns_value_store_leave_late(struct db *db, const struct dns_value *value,
                                           struct err *err);
/* Those of a domain that leave or are being removed, at most DNS_VALUE_BATCH. */
#define DNS_VALUE_BATCH 32
MUST_CHECK bool dns_value_store_leaving(struct arena *mem, struct db *db, const char *domain_id,
                                        struct dns_value_list *out, struct err *err);
/* leaving -> removing (and again). ERR_LOST_RACE when it does not leave. */
MUST_CHECK bool dns_value_store_take(struct db *db, const struct dns_value *value, struct err *err);
/* It is out of the zone: the row goes. */
MUST_CHECK bool dns_value_store_remove(struct db *db, const struct dns_value *value,
                                       struct err *err);

const char *dns_value_state_name(enum dns_value_state state);
MUST_CHECK bool dns_value_state_parse(const char *name, enum dns_value_state *out);
