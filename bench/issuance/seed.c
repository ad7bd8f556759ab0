/* SPDX-License-Identifier: Apache-2.0 */
#include "seed.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/id.h"
#include "model/job_kind.h"
#include "store/account_store.h"
#include "store/certificate_store.h"
#include "store/claim_store.h"
#include "store/domain_name_store.h"
#include "store/domain_store.h"
#include "store/edge_store.h"
#include "store/issuance_name_store.h"
#include "store/issuance_store.h"
#include "store/job_store.h"
#include "store/order_store.h"
#include "store/partner_store.h"
#include "store/proof_store.h"
#include "store/subscription_store.h"

#define PARTNER    "par_bench"
#define ACCOUNT    "acc_bench"
#define EDGE       "edge_bench"
#define ZONE       "bench.example"
#define GROUP_MAX  500 /* domains in a transaction */
#define DAY_MS     (INT64_C(86400) * 1000)
#define SEALED_LEN 220 /* octets, about what a sealed P-256 key has */

/* One domain on its way into the store. */
struct item {
    struct arena *mem;
    struct db *tx;
    const struct seed *seed;
    const char *name;
    const char *domain_id;
    struct cert_order order;
    struct issuance issuance;
    int64_t now;
};

/* What is told is had at once: no agent is here to say so. Its text is SQLite's. */
static const struct query has_what_is_told = {
    .name = "bench.edge_follows",
    .sql = "CREATE TRIGGER edge_follows AFTER UPDATE OF seq ON feed_head BEGIN"
           " UPDATE edge SET ack_epoch = NEW.epoch, ack_seq = NEW.seq; END",
    .params = "",
    .cols = "",
};

bool seed_platform(struct arena *mem, const struct seed *seed, struct err *err)
{
    const int64_t now = clock_now();
    const struct partner partner = {PARTNER, "Bench", "Bench", now};
    const struct account account = {ACCOUNT, PARTNER,   "Bench",   "bench@bench.test",
                                    "NL",    "Utrecht", "Utrecht", now};
    struct edge edge = {.id = EDGE,
                        .name = "bench",
                        .group = "default",
                        .http_port = 80,
                        .https_port = 443,
                        .is_in_rotation = true,
                        .created_at = now};
    const struct edge *stored;

    if (!partner_store_add(seed->app->db, &partner, err) ||
        !account_store_add(seed->app->db, &account, err) ||
        !edge_store_put(seed->app->db, &edge, err) ||
        !edge_store_get(mem, seed->app->db, EDGE, &stored, err))
        return false;
    edge = *stored;
    edge.standing = STANDING_COUNTED;
    edge.standing_at = now;
    return edge_store_move(seed->app->db, &edge, stored->standing, err) &&
           db_exec(seed->app->db, &has_what_is_told, NULL, err, QNONE);
}

bool seed_edge_follows(struct arena *mem, struct db *db, struct err *err)
{
    const struct edge *edge;

    return edge_store_get(mem, db, EDGE, &edge, err) &&
           edge_store_ack(db, EDGE, edge->head_epoch, edge->head_seq, clock_now(), err);
}

static bool add_domain(struct item *item, struct err *err)
{
    const struct domain domain = {.id = item->domain_id,
                                  .partner_id = PARTNER,
                                  .account_id = ACCOUNT,
                                  .name = item->name,
                                  .registered_domain = ZONE,
                                  .created_at = item->now};
    const struct claim claim = {.id = id_new(item->mem, ID_CLAIM),
                                .name = item->name,
                                .domain_id = item->domain_id,
                                .partner_id = PARTNER,
                                .account_id = ACCOUNT,
                                .created_at = item->now};
    struct domain_name name = {.domain_id = item->domain_id,
                               .name = item->name,
                               .created_at = item->now,
                               .dns_state = "ok"};

    if (!domain_store_add(item->tx, &domain, err) || !claim_store_add(item->tx, &claim, err) ||
        !domain_name_store_add(item->tx, &name, err))
        return false;
    name.passed_at = name.checked_at = item->now;
    return domain_name_store_save(item->tx, &name, err);
}

static bool add_order(struct item *item, struct err *err)
{
    item->order = (struct cert_order){.id = id_new(item->mem, ID_ORDER),
                                      .partner_id = PARTNER,
                                      .account_id = ACCOUNT,
                                      .domain_id = item->domain_id,
                                      .state = ORDER_PLACED,
                                      .ca = item->seed->ca,
                                      .country = "NL",
                                      .state_or_province = "Utrecht",
                                      .is_auto_renew = true,
                                      .created_at = item->now,
                                      .placed_at = item->now};
    return order_store_add(item->tx, &item->order, err);
}

static bool add_issuance(struct item *item, struct err *err)
{
    const struct issuance_name name = {.issuance_id = item->issuance.id,
                                       .name = item->name,
                                       .dns_state = "ok",
                                       .challenge_state = "none",
                                       .is_chosen = true};

    return issuance_store_add(item->tx, &item->issuance, err) &&
           issuance_name_store_put(item->tx, &name, err);
}

static struct issuance new_issuance(const struct item *item)
{
    return (struct issuance){.id = id_new(item->mem, ID_ISSUANCE),
                             .partner_id = PARTNER,
                             .account_id = ACCOUNT,
                             .domain_id = item->domain_id,
                             .order_id = item->order.id,
                             .reason = ISSUANCE_FOR_ORDER,
                             .ca = item->seed->ca,
                             .created_at = item->now,
                             .state = ISSUANCE_ADMITTED,
                             .checked_at = item->now};
}

static bool add_ordered(struct item *item, const void *arg, struct err *err)
{
    (void)arg;
    item->issuance = new_issuance(item);
    return add_issuance(item, err) &&
           job_store_enqueue(item->tx, job_kind_name(JOB_ISSUE), item->issuance.id, item->now, err);
}

static bool add_certificate(struct item *item, const struct seed_secured *want, struct err *err)
{
    const char *id = item->issuance.certificate_id;
    const struct certificate certificate = {.id = id,
                                            .partner_id = PARTNER,
                                            .account_id = ACCOUNT,
                                            .domain_id = item->domain_id,
                                            .issuance_id = item->issuance.id,
                                            .serial = id,
                                            .names = {1, &item->name},
                                            .not_before_at = item->now,
                                            .not_after_at = item->now + 90 * DAY_MS,
                                            .issuer = "Bench",
                                            .leaf = want->leaf,
                                            .chain = want->chain,
                                            .sealed_key = item->issuance.sealed_key,
                                            .key_type = "p256",
                                            .key_fingerprint = id,
                                            .trust = "sandbox",
                                            .ca = item->seed->ca,
                                            .state = CERTIFICATE_ISSUED,
                                            .created_at = item->now};
    const struct certificate_sample sample = {item->now, item->now + DAY_MS};
    const struct edge_proof proof = {item->issuance.id, EDGE, item->name, "192.0.2.1:443", id, true,
                                     item->now,         NULL};

    return certificate_store_add(item->tx, &certificate, err) &&
           certificate_store_go_live(item->tx, id, item->now, err) &&
           certificate_store_set_sample(item->tx, id, sample, err) &&
           proof_store_put(item->tx, &proof, err) &&
           job_store_enqueue(item->tx, job_kind_name(JOB_RENEW), id, item->now + 60 * DAY_MS, err);
}

static bool add_term(struct item *item, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct subscription term = {.id = id_new(item->mem, ID_SUBSCRIPTION),
                                      .partner_id = PARTNER,
                                      .account_id = ACCOUNT,
                                      .domain_id = item->domain_id,
                                      .order_id = item->order.id,
                                      .state = SUBSCRIPTION_ACTIVE,
                                      .term_start_at = item->now,
                                      .term_end_at = item->now + 365 * DAY_MS,
                                      .is_auto_renew = true,
                                      .created_at = item->now};

    item->issuance.subscription_id = term.id;
    return subscription_store_add(item->tx, &term, err) &&
           order_store_move(item->tx, &scope, &item->order, ORDER_FULFILLED, item->now, err) &&
           order_store_set_subscription(item->tx, item->order.id, term.id, err);
}

static bool add_secured(struct item *item, const void *arg, struct err *err)
{
    static const unsigned char sealed[SEALED_LEN];
    const struct seed_secured *want = arg;

    if (!add_term(item, err))
        return false;
    item->issuance = new_issuance(item);
    item->issuance.state = ISSUANCE_LIVE;
    item->issuance.subscription_id = NULL;
    item->issuance.certificate_id = id_new(item->mem, ID_CERTIFICATE);
    item->issuance.sealed_key = slice_of(sealed, sizeof(sealed));
    item->issuance.live_at = item->now;
    return add_issuance(item, err) && add_certificate(item, want, err);
}

typedef bool (*add_fn)(struct item *item, const void *arg, struct err *err);

/* What to add for each domain besides itself and its order. */
struct adding {
    const struct seed *seed;
    add_fn add;
    const void *arg;
};

static bool add_group(const struct adding *how, int64_t first, int64_t count, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!db_tx_begin(how->seed->app->db, &tx, err))
        return false;
    for (int64_t i = 0; i < count; i++) {
        struct item item = {.mem = mem,
                            .tx = tx,
                            .seed = how->seed,
                            .now = clock_now(),
                            .domain_id = id_new(mem, ID_DOMAIN),
                            .name = arena_printf(mem, "i-0-%lld." ZONE, (long long)(first + i))};

        if (!add_domain(&item, err) || !add_order(&item, err) || !how->add(&item, how->arg, err))
            return false;
    }
    return db_tx_commit(&tx, err);
}

static bool add_all(const struct adding *how, int64_t first, int64_t count, struct err *err)
{
    for (int64_t i = 0; i < count; i += GROUP_MAX)
        if (!add_group(how, first + i, count - i < GROUP_MAX ? count - i : GROUP_MAX, err))
            return false;
    return true;
}

bool seed_orders(const struct seed *seed, int64_t first, int64_t count, struct err *err)
{
    return add_all(&(struct adding){seed, add_ordered, NULL}, first, count, err);
}

bool seed_secured(const struct seed *seed, const struct seed_secured *want, struct err *err)
{
    return add_all(&(struct adding){seed, add_secured, want}, 0, want->count, err);
}
