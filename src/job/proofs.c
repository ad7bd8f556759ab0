/* SPDX-License-Identifier: Apache-2.0 */
#include "job/proofs.h"

#include "app/site.h"
#include "base/clock.h"
#include "base/random.h"
#include "edge/lookup.h"
#include "model/proof_plan.h"
#include "store/issuance_store.h"
#include "store/proof_store.h"

_Static_assert(PROOF_PICKS_MAX <= PROOF_TARGETS_MAX, "a plan fits one run");

/* An address of an edge. */
struct place {
    const struct edge *edge;
    struct net_allowed at;
};

static bool add_places(const struct edge *edge, struct place *places, size_t *count,
                       struct err *err)
{
    for (size_t i = 0; i < edge->addresses.count && *count < PROOF_PLACES_MAX; i++) {
        struct place *place = &places[*count];

        place->edge = edge;
        if (!edges_place(edge, edge->addresses.items[i], edge->https_port, &place->at, err))
            return false;
        ++*count;
    }
    return true;
}

/* What a domain is, for choosing names to look at. */
struct named {
    const struct domain *domain; /* NULL: not in the store any more */
    struct name_set names;       /* that it has now */
    const char *canonical;       /* where visitors end up; NULL without a site */
};

static bool load_named(const struct worker *worker, struct arena *mem,
                       const struct certificate *certificate, struct named *out, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct site *site = NULL;

    *out = (struct named){0};
    if (!domain_store_get(mem, worker->app->db, &scope, certificate->domain_id, &out->domain, err))
        return false;
    if (!out->domain)
        return true;
    if (!app_domain_names(worker->app, mem, out->domain, &out->names, err) ||
        (out->domain->site_id &&
         !site_store_get(mem, worker->app->db, &scope, out->domain->site_id, &site, err)))
        return false;
    if (site)
        out->canonical = app_site_canonical(site, &out->names, &certificate->names);
    return true;
}

/* An alias that was given back is somebody else's matter, whatever the certificate still has. */
static bool is_name_of(const struct named *named, const char *name)
{
    for (size_t i = 0; i < named->names.count; i++)
        if (strcmp(named->names.names[i], name) == 0)
            return true;
    return !named->domain;
}

static void add_name(const struct named *named, const struct certificate *certificate,
                     const char *name, const char **names, size_t *count)
{
    if (!name || !text_list_has(certificate->names, name) || !is_name_of(named, name))
        return;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(names[i], name) == 0)
            return;
    names[(*count)++] = name;
}

/* The names of the certificate that the domain has: its own and the host that visitors end up at
 * first; field->first is how many of these there are. */
static bool order_names(const struct worker *worker, struct arena *mem,
                        const struct certificate *certificate, const char **names,
                        struct proof_field *field, struct err *err)
{
    struct named named;

    if (!load_named(worker, mem, certificate, &named, err))
        return false;
    if (named.domain)
        add_name(&named, certificate, named.domain->name, names, &field->names);
    add_name(&named, certificate, named.canonical, names, &field->names);
    field->first = field->names;
    for (size_t i = 0; i < certificate->names.count; i++)
        add_name(&named, certificate, certificate->names.items[i], names, &field->names);
    return true;
}

/* Which of them are looked at (model/proof_plan.h). */
static bool add_targets(const struct worker *worker, struct arena *mem, const struct place *places,
                        size_t place_count, struct proofs *out, struct err *err)
{
    const struct certificate *certificate = out->certificate;
    const char **names = arena_array_of(mem, certificate->names.count, const char *);
    struct proof_field field = {.places = place_count};
    struct proof_pick picks[PROOF_PICKS_MAX];

    if (!order_names(worker, mem, certificate, names, &field, err))
        return false;
    if (out->sni && field.names > 0) /* any name will do: the handshake is for another one */
        field.names = field.first = 1;
    field.turn = (size_t)random_between(0, (int64_t)field.names);
    out->count = proof_plan(&field, picks);
    for (size_t i = 0; i < out->count; i++) {
        const struct place *place = &places[picks[i].place];

        out->edges[i] = place->edge;
        out->allowed[i] = place->at;
        out->targets[i] = (struct proof_target){.address = place->at.prefix.address,
                                                .port = place->at.port,
                                                .name = names[picks[i].name],
                                                .sni = out->sni,
                                                .serial = certificate->serial,
                                                .names = certificate->names.items,
                                                .name_count = certificate->names.count};
    }
    return true;
}

/* An edge that is behind cannot show it: it keeps the badge below n of n, and does not block. */
static bool is_provable(const struct edge *edge, int64_t min_seq)
{
    const struct edge_seen seen = edge_seen_of(edge);

    return edge_is_counted(&seen, clock_now()) &&
           (min_seq == 0 || edge_has(&seen, (struct edge_place){edge->head_epoch, min_seq}));
}

/* With the certificate and the sni that `out` has. */
static bool collect(const struct worker *worker, struct arena *mem, int64_t min_seq,
                    struct proofs *out, struct err *err)
{
    struct place *places = arena_array_of(mem, PROOF_PLACES_MAX, struct place);
    struct edge_list edges;
    size_t count = 0;

    *out = (struct proofs){.certificate = out->certificate,
                           .sni = out->sni,
                           .targets = arena_array_of(mem, PROOF_TARGETS_MAX, struct proof_target),
                           .edges = arena_array_of(mem, PROOF_TARGETS_MAX, const struct edge *),
                           .allowed = arena_array_of(mem, PROOF_TARGETS_MAX, struct net_allowed),
                           .results = arena_array_of(mem, PROOF_TARGETS_MAX, struct proof)};
    if (!edges_list(worker, mem, &edges, err))
        return false;
    for (size_t i = 0; i < edges.count; i++) {
        const struct edge *edge = &edges.items[i];

        if (!is_provable(edge, min_seq))
            continue;
        if (!add_places(edge, places, &count, err))
            return false;
    }
    return count == 0 || add_targets(worker, mem, places, count, out, err);
}

bool proofs_collect(const struct worker *worker, struct arena *mem,
                    const struct certificate *certificate, int64_t min_seq, struct proofs *out,
                    struct err *err)
{
    *out = (struct proofs){.certificate = certificate};
    return collect(worker, mem, min_seq, out, err);
}

/* "crt_0123" -> "crt-0123.certificate.invalid" */
static const char *preview_name(struct arena *mem, const char *certificate_id)
{
    char *name = arena_printf(mem, "%s." EDGE_PREVIEW_DOMAIN, certificate_id);

    for (char *p = name; *p; p++)
        if (*p == '_')
            *p = '-';
    return name;
}

bool proofs_collect_preview(const struct worker *worker, struct arena *mem,
                            const struct certificate *certificate, int64_t min_seq,
                            struct proofs *out, struct err *err)
{
    *out = (struct proofs){.certificate = certificate, .sni = preview_name(mem, certificate->id)};
    return collect(worker, mem, min_seq, out, err);
}

static bool store_one(struct db *tx, const struct proofs *proofs, size_t i, struct err *err)
{
    const struct proof_target *target = &proofs->targets[i];
    const struct proof *result = &proofs->results[i];
    char place[ADDRESS_PLACE_SIZE];
    const struct edge_proof proof = {
        .issuance_id = proofs->certificate->issuance_id,
        .edge_id = proofs->edges[i]->id,
        .name = target->name,
        .address = address_place(&target->address, target->port, place),
        .serial = result->serial,
        .is_ok = result->is_ok,
        .at = proofs->at,
        .detail = result->is_ok ? NULL : result->text,
    };

    return proof_store_put(tx, &proof, err) &&
           proof_store_forget(tx, proof.issuance_id, proof.edge_id, proof.at, err);
}

void proofs_look(const struct worker *worker, struct arena *mem, const struct worker_ca *ca,
                 struct proofs *proofs)
{
    const struct net_policy policy = {.public_reach = NET_PUBLIC_NONE,
                                      .allowed = proofs->allowed,
                                      .allowed_count = proofs->count};
    const struct proof_options options = {
        .policy = &policy,
        .roots = worker_roots(mem, ca ? ca->roots : worker->trust),
        .trust = worker_roots(mem, worker->trust),
        .at = clock_now(),
    };

    proof_run(mem, &options, proofs->targets, proofs->count, proofs->results);
    proofs->at = options.at;
}

static bool store_all(struct db *tx, const struct proofs *proofs, struct err *err)
{
    for (size_t i = 0; i < proofs->count; i++)
        if (!store_one(tx, proofs, i, err))
            return false;
    return true;
}

bool proofs_store(const struct worker *worker, const struct job *job, const struct proofs *proofs,
                  struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return job_tx_begin(worker->app->db, job, &tx, err) && store_all(tx, proofs, err) &&
           db_tx_commit(&tx, err);
}

size_t proofs_shown(const struct proofs *proofs)
{
    size_t shown = 0;

    for (size_t i = 0; i < proofs->count;) {
        const struct edge *edge = proofs->edges[i];
        bool is_shown = true;

        for (; i < proofs->count && proofs->edges[i] == edge; i++)
            is_shown = is_shown && proofs->results[i].is_ok;
        shown += is_shown;
    }
    return shown;
}

/* Nobody can connect there, so that nobody is shown anything else either. */
static bool is_unreachable(const struct proof *proof)
{
    return !proof->serial && (proof->code == PROOF_REFUSED || proof->code == PROOF_UNREACHABLE ||
                              proof->code == PROOF_TIMEOUT);
}

const char *proofs_failure(const struct proofs *proofs, int64_t waited_ms)
{
    const char *unreachable = NULL;

    for (size_t i = 0; i < proofs->count; i++) {
        const struct proof *result = &proofs->results[i];

        if (result->is_ok)
            continue;
        if (waited_ms < EDGE_STALE_WAIT_MS || !is_unreachable(result))
            return result->text;
        unreachable = result->text;
    }
    if (proofs_shown(proofs) > 0)
        return NULL;
    return unreachable ? unreachable : "no CDN location has it yet";
}

static struct certificate_sample proofs_next(int64_t now, bool is_proven)
{
    int64_t span =
        is_proven ? PROOFS_EVERY_MS - random_between(0, PROOFS_JITTER_MS) : PROOFS_FAILED_MS;

    return (struct certificate_sample){.sampled_at = now, .sample_at = now + span};
}

/* The edges that count, by now. */
static bool count_edges(struct arena *mem, struct db *tx, const char *group, size_t *count,
                        struct err *err)
{
    struct edge_list edges;

    *count = 0;
    if (!edge_store_list(mem, tx, group, &edges, err))
        return false;
    for (size_t i = 0; i < edges.count; i++) {
        const struct edge_seen seen = edge_seen_of(&edges.items[i]);

        *count += edge_is_counted(&seen, clock_now());
    }
    return true;
}

bool proofs_go_live(const struct worker *worker, struct arena *mem, struct db *tx,
                    const struct proofs *proofs, struct err *err)
{
    struct certificate_sample next = proofs_next(clock_now(), true);
    size_t counted;

    if (!store_all(tx, proofs, err) || !count_edges(mem, tx, worker->feed.group, &counted, err))
        return false;
    if (counted == proofs_shown(proofs))
        return certificate_store_set_sample(tx, proofs->certificate->id, next, err);
    next = (struct certificate_sample){.sample_at = clock_now()};
    return certificate_store_set_sample(tx, proofs->certificate->id, next, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_PROOFS), worker->feed.group, next.sample_at,
                             err);
}

/* ---- the job ---- */

/* When an edge had caught up last: what was sampled before lacks it. */
static bool last_return(const struct worker *worker, struct arena *mem, int64_t *at,
                        struct err *err)
{
    struct edge_list edges;

    *at = 0;
    if (!edges_list(worker, mem, &edges, err))
        return false;
    for (size_t i = 0; i < edges.count; i++)
        if (edges.items[i].rejoined_at > *at)
            *at = edges.items[i].rejoined_at;
    return true;
}

static bool look_once(struct arena *mem, const struct worker *worker, const struct job *job,
                      const struct certificate *certificate, bool *is_proven, struct err *err)
{
    struct proofs proofs;

    if (!proofs_collect(worker, mem, certificate, 0, &proofs, err))
        return false;
    proofs_look(worker, mem, worker_ca(worker, certificate->ca), &proofs);
    *is_proven = !proofs_failure(&proofs, 0);
    return proofs_store(worker, job, &proofs, err);
}

/* Its next time is stored first: one that cannot be looked at holds no other up. */
static bool sample(struct arena *mem, const struct worker *worker, const struct job *job,
                   const struct certificate *certificate, struct err *err)
{
    int64_t before, after, now = clock_now();
    struct certificate_sample next = proofs_next(now, false);
    bool is_proven;

    if (!last_return(worker, mem, &before, err) ||
        !certificate_store_set_sample(worker->app->db, certificate->id, next, err) ||
        !look_once(mem, worker, job, certificate, &is_proven, err))
        return false;
    next = proofs_next(now, is_proven);
    if (!certificate_store_set_sample(worker->app->db, certificate->id, next, err) ||
        !last_return(worker, mem, &after, err))
        return false;
    next.sampled_at = 0; /* an edge caught up meanwhile and may be missing */
    return after == before ||
           certificate_store_set_sample(worker->app->db, certificate->id, next, err);
}

/* *count is how many were looked at. */
static bool sample_page(const struct worker *worker, const struct job *job, int64_t now,
                        int64_t until, size_t *count, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct certificate_due which = {.now = now, .limit = PROOFS_PAGE};
    struct certificate_list due;

    *count = 0;
    if (!last_return(worker, mem, &which.since, err) ||
        !certificate_store_due(mem, worker->app->db, &which, &due, err))
        return false;
    for (; *count < due.count && clock_boot_ms() < until; ++*count) {
        AUTO(arena_freep) struct arena *one = arena_new();

        if (!sample(one, worker, job, &due.items[*count], err))
            return err_wrap(err, "proof of certificate %s", due.items[*count].id);
    }
    return true;
}

bool job_proofs(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                struct err *err)
{
    const struct worker *worker = arg;
    int64_t until = clock_boot_ms() + PROOFS_RUN_MS, next, now;
    size_t count;

    (void)mem;
    do {
        now = clock_now();
        if (!sample_page(worker, job, now, until, &count, err))
            return false;
    } while (count > 0 && clock_boot_ms() < until);
    if (!certificate_store_next_sample(worker->app->db, now, &next, err))
        return false;
    out->run_at = count > 0 ? now : now + PROOFS_LOOK_MS;
    if (next < out->run_at)
        out->run_at = next;
    return true;
}
