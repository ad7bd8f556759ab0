/* SPDX-License-Identifier: Apache-2.0 */
#include "job/publish.h"

#include "base/crash.h"
#include "job/hosts.h"
#include "store/claim_store.h"
#include "store/edge_withdrawal_store.h"

#define TRIES 10

struct wanted {
    struct feed_change changes[HOSTS_CHANGES_MAX + EDGE_WITHDRAWAL_BATCH];
    size_t count;
    struct edge_withdrawal_list withdrawn;
};

/* A name that somebody holds by now has a record of theirs. */
static bool is_held(const struct worker *worker, struct arena *mem, struct slice name, bool *out,
                    struct err *err)
{
    const char *text = arena_strndup(mem, (const char *)name.data, name.len);
    const struct claim *claim;

    if (!claim_store_holder(mem, worker->app->db, text, &claim, err))
        return false;
    *out = claim != NULL;
    return true;
}

static bool add_withdrawals(const struct worker *worker, struct arena *mem, const char *domain_id,
                            struct wanted *out, struct err *err)
{
    if (!edge_withdrawal_store_list(mem, worker->app->db, domain_id, &out->withdrawn, err))
        return false;
    for (size_t i = 0; i < out->withdrawn.count; i++) {
        const struct edge_withdrawal *one = &out->withdrawn.items[i];
        enum edge_kind kind = (enum edge_kind)one->key.data[0];
        struct slice key = slice_of(one->key.data + 1, one->key.len - 1);
        bool is_taken = false;

        if (one->seq != 0)
            break; /* these are in the feed, as all that follow */
        if (kind == EDGE_HOST && !is_held(worker, mem, key, &is_taken, err))
            return false;
        if (!is_taken)
            out->changes[out->count++] = (struct feed_change){.kind = kind, .key = key};
    }
    return true;
}

static bool look(const struct worker *worker, struct arena *mem, const char *domain_id,
                 struct wanted *out, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct domain *domain;
    struct hosts hosts;

    *out = (struct wanted){0};
    if (!domain_store_get(mem, worker->app->db, &scope, domain_id, &domain, err))
        return false;
    if (!domain)
        return true;
    if (!hosts_make(worker, mem, domain, NULL, &hosts, err))
        return false;
    memcpy(out->changes, hosts.changes, hosts.count * sizeof(hosts.changes[0]));
    out->count = hosts.count;
    return add_withdrawals(worker, mem, domain_id, out, err);
}

static bool is_same(const struct wanted *a, const struct wanted *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->changes[i].kind != b->changes[i].kind ||
            !slice_eq(a->changes[i].key, b->changes[i].key) ||
            !slice_eq(a->changes[i].body, b->changes[i].body))
            return false;
    return true;
}

static bool note_withdrawn(struct db *tx, const struct edge_withdrawal_list *withdrawn, int64_t seq,
                           struct err *err)
{
    for (size_t i = 0; i < withdrawn->count && withdrawn->items[i].seq == 0; i++)
        if (!edge_withdrawal_store_put_seq(tx, &withdrawn->items[i], seq, err))
            return false;
    return true;
}

static bool publish_once(const struct worker *worker, struct arena *mem, const char *domain_id,
                         struct feed_head *head, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct wanted *before = arena_new_of(mem, struct wanted);
    struct wanted *now = arena_new_of(mem, struct wanted);
    struct feed_batch *batch;

    if (!look(worker, mem, domain_id, before, err) ||
        !feed_prepare(mem, &worker->feed, before->changes, before->count, &batch, err))
        return false;
    CRASH_POINT(PUBLISH_REPLY);
    if (!db_tx_begin(worker->app->db, &tx, err) || !look(worker, mem, domain_id, now, err))
        return false;
    if (!is_same(before, now))
        return err_set(err, ERR_LOST_RACE, "the domain %s was changed meanwhile", domain_id);
    return feed_put(tx, batch, head, err) && note_withdrawn(tx, &now->withdrawn, head->seq, err) &&
           db_tx_commit(&tx, err);
}

bool publish_domain(const struct worker *worker, struct arena *mem, const char *domain_id,
                    struct feed_head *head, struct err *err)
{
    for (int i = 0; i < TRIES; i++) {
        if (publish_once(worker, mem, domain_id, head, err))
            return true;
        if (err->code != ERR_LOST_RACE)
            return false;
    }
    return err_wrap(err, "lost %d races for the records of a domain", TRIES);
}
