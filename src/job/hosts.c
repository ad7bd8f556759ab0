/* SPDX-License-Identifier: Apache-2.0 */
#include "job/hosts.h"

#include "app/claim.h"
#include "app/site.h"
#include "edge/record_digest.h"
#include "edge/record_write.h"
#include "store/certificate_end_store.h"
#include "store/issuance_store.h"
#include "tls/chain.h"
#include "tls/key.h"

static bool add(struct hosts *hosts, enum edge_kind kind, struct slice key, struct slice body,
                struct err *err)
{
    if (hosts->count == HOSTS_CHANGES_MAX)
        return err_set(err, ERR_INTERNAL, "a domain needs more than %d edge records",
                       HOSTS_CHANGES_MAX);
    hosts->changes[hosts->count++] = (struct feed_change){kind, key, body};
    return true;
}

static bool is_written(enum edge_fault fault, const char *what, struct err *err)
{
    return fault == EDGE_FAULT_NONE ||
           err_set(err, ERR_INTERNAL, "cannot write the record of %s: %s", what,
                   edge_fault_text(fault));
}

/* Which certificate visitors shall get (NULL: none), and whether one of the domain was proven: then
 * they may be redirected to https. */
struct choice {
    const struct certificate *certificate;
    bool is_proven;
    int64_t taken_off_at; /* none: since when somebody wishes that; 0: nobody does */
};

/* What the store says; `current` is the certificate of the domain, or NULL. */
static bool choose(const struct worker *worker, struct arena *mem, const struct domain *domain,
                   const struct certificate *current, struct choice *out, struct err *err)
{
    const struct scope scope = scope_platform();
    struct db *db = worker->app->db;
    const struct issuance *latest;

    out->certificate = current;
    if (!issuance_store_latest(mem, db, &scope, domain->id, &latest, err) ||
        (!current && !certificate_end_store_taken_off_at(db, domain->id, &out->taken_off_at, err)))
        return false;
    return !latest || latest->state != ISSUANCE_DEPLOYING ||
           certificate_store_get(mem, db, &scope, latest->certificate_id, &out->certificate, err);
}

/* *out is what was chosen by the caller; of the rest, what the store says. */
static bool complete(const struct worker *worker, struct arena *mem, const struct domain *domain,
                     struct choice *out, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct certificate *current;

    if (out->certificate && out->is_proven)
        return true;
    if (!certificate_store_current(mem, worker->app->db, &scope, domain->id, &current, err))
        return false;
    out->is_proven = out->is_proven || (current && current->state == CERTIFICATE_LIVE);
    return out->certificate || choose(worker, mem, domain, current, out, err);
}

static bool add_chain(struct arena *mem, struct hosts *hosts, struct slice pem, struct slice *hash,
                      struct err *err)
{
    struct buf body = buf_new(mem, EDGE_BODY_MAX);
    unsigned char *digest = arena_alloc(mem, EDGE_HASH_SIZE);
    struct slice certs[CHAIN_CERT_MAX];
    struct edge_chain chain;

    if (!chain_split(mem, pem, certs, &chain.count, err))
        return false;
    if (chain.count > EDGE_CHAIN_MAX)
        return err_set(err, ERR_BAD_CERT, "a chain of %zu certificates, at most %d fit",
                       chain.count, EDGE_CHAIN_MAX);
    memcpy(chain.der, certs, chain.count * sizeof(certs[0]));
    if (!is_written(edge_chain_write(&body, &chain), "a chain", err))
        return false;
    if (!edge_chain_hash(&chain, digest))
        return err_set(err, ERR_CRYPTO, "cannot hash a chain");
    *hash = slice_of(digest, EDGE_HASH_SIZE);
    return add(hosts, EDGE_CHAIN, *hash, buf_view(&body), err);
}

static bool add_certificate(const struct worker *worker, struct arena *mem,
                            const struct certificate *certificate, struct hosts *hosts,
                            struct err *err)
{
    struct buf body = buf_new(mem, EDGE_BODY_MAX);
    struct edge_certificate record = {.key_type = KEY_P256, .leaf = certificate->leaf};

    if (!add_chain(mem, hosts, certificate->chain, &record.chain_hash, err) ||
        !chain_point_offset(certificate->leaf, &record.point_offset, err) ||
        !certificate_store_key(mem, worker->app->db, certificate->id, &record.sealed_key, err))
        return err_wrap(err, "certificate %s", certificate->id);
    return is_written(edge_certificate_write(&body, &record), certificate->id, err) &&
           add(hosts, EDGE_CERTIFICATE, slice_str(certificate->id), buf_view(&body), err);
}

static bool add_host(struct arena *mem, const struct edge_host *host, const char *name,
                     struct hosts *hosts, struct err *err)
{
    struct buf body = buf_new(mem, EDGE_BODY_MAX);

    return is_written(edge_host_write(&body, host), name, err) &&
           add(hosts, EDGE_HOST, slice_str(name), buf_view(&body), err);
}

static bool find_site(const struct worker *worker, struct arena *mem, const struct domain *domain,
                      const struct site **out, struct err *err)
{
    const struct scope scope = scope_platform();

    *out = NULL;
    return !domain->site_id ||
           site_store_get(mem, worker->app->db, &scope, domain->site_id, out, err);
}

/* Only a covered name has the certificate: at any other a visitor would be warned of it. */
static bool add_hosts(struct arena *mem, const struct name_set *names, const struct site *site,
                      const struct choice *choice, struct hosts *out, struct err *err)
{
    const struct certificate *certificate = choice->certificate;
    const int64_t taken_off_at = certificate ? 0 : choice->taken_off_at;
    const struct text_list covered = certificate ? certificate->names : (struct text_list){0};
    const char *canonical = app_site_canonical(site, names, certificate ? &covered : NULL);
    struct edge_host host = {
        .site_id = slice_str(site->id),
        .origin_id = slice_str(site->origin_id),
    };

    for (size_t i = 0; i < names->count; i++) {
        bool is_star = strncmp(names->names[i], EDGE_STAR, strlen(EDGE_STAR)) == 0;
        bool is_covered = text_list_has(covered, names->names[i]);
        bool is_safe = is_star ? is_covered : text_list_has(covered, canonical);

        host.canonical = slice_str(is_star ? EDGE_STAR : canonical);
        host.flags = site->is_https_on && choice->is_proven && is_safe ? EDGE_HOST_REDIRECT : 0;
        host.certificate_id = slice_str(is_covered ? certificate->id : "");
        host.issued_at = (uint64_t)(is_covered ? certificate->created_at : taken_off_at);
        if (!add_host(mem, &host, names->names[i], out, err))
            return false;
    }
    return true;
}

/* What another account's wildcard stands for is left to it (R41): of the rest, nothing is there. */
static bool drop_others(const struct worker *worker, struct arena *mem, const struct domain *domain,
                        struct name_set *names, struct hosts *out, struct err *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < names->count; i++) {
        struct claim_look look;

        if (!app_claim_look(mem, worker->app->db, domain->id, names->names[i], &look, err))
            return false;
        if (!look.is_under_star)
            names->names[kept++] = names->names[i];
        else if (!add(out, EDGE_HOST, slice_str(names->names[i]), slice_of(NULL, 0), err))
            return false;
    }
    names->count = kept;
    return true;
}

/* `wanted`: what is chosen in place of what the store says. */
static bool make(const struct worker *worker, struct arena *mem, const struct domain *domain,
                 const struct choice *wanted, struct hosts *out, struct err *err)
{
    struct choice choice = *wanted;
    const struct site *site;
    struct name_set names;

    *out = (struct hosts){0};
    if (domain->is_removed)
        return true;
    if (!app_domain_names(worker->app, mem, domain, &names, err) ||
        !find_site(worker, mem, domain, &site, err))
        return false;
    for (size_t i = 0; !site && i < names.count; i++)
        if (!add(out, EDGE_HOST, slice_str(names.names[i]), slice_of(NULL, 0), err))
            return false;
    if (!site)
        return true;
    if (!drop_others(worker, mem, domain, &names, out, err) ||
        !complete(worker, mem, domain, &choice, err))
        return false;
    return (!choice.certificate || add_certificate(worker, mem, choice.certificate, out, err)) &&
           (names.count == 0 || add_hosts(mem, &names, site, &choice, out, err));
}

bool hosts_make(const struct worker *worker, struct arena *mem, const struct domain *domain,
                const struct certificate *certificate, struct hosts *out, struct err *err)
{
    return make(worker, mem, domain, &(struct choice){.certificate = certificate}, out, err);
}

bool hosts_make_proven(const struct worker *worker, struct arena *mem, const struct domain *domain,
                       const struct certificate *certificate, struct hosts *out, struct err *err)
{
    return make(worker, mem, domain, &(struct choice){certificate, true, 0}, out, err);
}

bool hosts_make_certificate(const struct worker *worker, struct arena *mem,
                            const struct certificate *certificate, struct hosts *out,
                            struct err *err)
{
    *out = (struct hosts){0};
    return add_certificate(worker, mem, certificate, out, err);
}
