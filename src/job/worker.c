/* SPDX-License-Identifier: Apache-2.0 */
#include "job/worker.h"

#include "app/edge.h"
#include "app/expected.h"
#include "base/clock.h"
#include "base/log.h"
#include "job/ca_http.h"
#include "job/name_servers.h"

#define USER_AGENT "Latchkey/" LATCHKEY_VERSION

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

/* The signer makes every signature; acme sees handles. */
static bool sign_request(struct arena *mem, struct signer *signer,
                         const struct acme_sign_request *want, const char **jws, struct err *err)
{
    const struct worker_key *key = want->key;
    const struct signer_jws_wish wish = {.account = &key->sealed,
                                         .header = want->protected_header,
                                         .payload = want->payload,
                                         .is_of_certificate = key->is_of_certificate};

    return signer_jws(mem, signer, &wish, jws, err);
}

/* The MAC key never leaves the signer, which finds it by the CA. */
static bool sign_binding(struct arena *mem, struct signer *signer,
                         const struct acme_sign_request *want, const char **jws, struct err *err)
{
    const struct worker_key *account = want->account->key;
    const struct config_ca *ca = want->key;
    const struct signer_eab_wish wish = {&account->sealed, ca->id, want->url};

    return signer_jws_eab(mem, signer, &wish, jws, err);
}

static bool sign_key_change(struct arena *mem, struct signer *signer,
                            const struct acme_sign_request *want, const char **jws, struct err *err)
{
    const struct worker_key *old_key = want->account->key, *new_key = want->key;
    const struct signer_rollover wish = {old_key->sealed, new_key->sealed, want->account->url,
                                         want->url};

    return signer_jws_rollover(mem, signer, &wish, jws, err);
}

static bool sign(void *arg, struct arena *mem, const struct acme_sign_request *want,
                 const char **jws, struct err *err)
{
    switch (want->purpose) {
    case ACME_SIGN_REQUEST:
        return sign_request(mem, arg, want, jws, err);
    case ACME_SIGN_BINDING:
        return sign_binding(mem, arg, want, jws, err);
    case ACME_SIGN_KEY_CHANGE:
        return sign_key_change(mem, arg, want, jws, err);
    }
    return err_set(err, ERR_INTERNAL, "a signature for no purpose");
}

/* The roots of a CA: of all its files together, or the trust store. */
static bool open_roots(const struct worker *worker, const struct config_ca *ca,
                       struct root_files **out, struct err *err)
{
    if (ca->roots.count == 0) {
        *out = worker->trust;
        return true;
    }
    return root_files_open(ca->roots.items, ca->roots.count, out, err) ||
           err_wrap(err, "roots of CA %s", ca->id);
}

static bool open_ca(struct arena *mem, struct worker *worker, const struct config_ca *config,
                    struct worker_ca *out, struct err *err)
{
    static const enum acme_challenge_type types[] = {[CONFIG_HTTP_01] = ACME_CHALLENGE_HTTP_01,
                                                     [CONFIG_TLS_ALPN_01] =
                                                         ACME_CHALLENGE_TLS_ALPN_01,
                                                     [CONFIG_DNS_01] = ACME_CHALLENGE_DNS_01};
    struct acme_options options = {
        .name = config->name,
        .directory_url = config->directory,
        .user_agent = USER_AGENT,
        .sign = sign,
        .sign_arg = worker->signer,
    };

    out->config = config;
    out->challenge = types[config->challenge];
    config_limits_of(config, &out->limits);
    for (int i = 0; i < CONFIG_LIMIT_COUNT; i++)
        out->limits.rates[i].burst -= out->limits.rates[i].burst > 1;
    return open_roots(worker, config, &out->roots, err) &&
           ca_http_options(mem, worker->app->config, config, worker->resolver, &options.http,
                           err) &&
           acme_client_new(&options, &out->client, err);
}

static bool open_cas(struct arena *mem, struct worker *worker, struct err *err)
{
    const struct config *cfg = worker->app->config;

    worker->cas = arena_array_of(mem, cfg->ca_count, struct worker_ca);
    for (size_t i = 0; i < cfg->ca_count; i++) {
        worker->ca_count++;
        worker->cas[i].seats = ca_seats_new((unsigned)cfg->worker.threads, cfg->ca_count);
        if (!open_ca(mem, worker, &cfg->ca[i], &worker->cas[i], err))
            return false;
    }
    return true;
}

/* Made by the first worker of an installation. */
static bool find_check_key(struct arena *mem, struct worker *worker, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return db_tx_begin(worker->app->db, &tx, err) &&
           app_check_key_make(mem, tx, &worker->check_key, err) && db_tx_commit(&tx, err);
}

/* The store may be an older copy than the one before the start. */
static bool leave_gap(const struct worker *worker, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return db_tx_begin(worker->app->db, &tx, err) &&
           feed_store_leave_gap(tx, worker->feed.group, err) && db_tx_commit(&tx, err);
}

static bool open_resolver(struct worker *worker, struct err *err)
{
    const struct config *cfg = worker->app->config;
    const struct resolver_options options = {
        .forwarder = or_null(cfg->dns.forwarder),
        .trust_anchor_file = or_null(cfg->dns.trust_anchor),
        .is_offline = cfg->mode == CONFIG_SANDBOX,
        .timeout_ms = cfg->dns.timeout_ms,
    };

    return resolver_new(&options, &worker->resolver, err);
}

static bool open_rdap(struct arena *mem, struct worker *worker, struct err *err)
{
    const struct config *cfg = worker->app->config;
    struct check_reach reach;

    return app_check_reach(mem, cfg, &reach, err) &&
           app_rdap_open(cfg, worker->resolver, &reach, &worker->rdap, err);
}

static bool open_trust(struct worker *worker, struct err *err)
{
    return root_files_open(&worker->app->config->tls.trust_store, 1, &worker->trust, err) ||
           err_wrap(err, "tls.trust_store");
}

bool worker_new(struct arena *mem, const struct app *app, struct signer *signer,
                struct worker **out, struct err *err)
{
    struct worker *worker = arena_new_of(mem, struct worker);

    *worker = (struct worker){
        .app = app,
        .signer = signer,
        .feed = {.db = app->db, .signer = signer, .group = APP_EDGE_GROUP},
        .name_servers = name_servers_new(),
        .started_at = clock_now(),
        .started_ms = clock_boot_ms(),
    };
    if (!open_trust(worker, err) || !open_resolver(worker, err) || !open_rdap(mem, worker, err) ||
        !open_cas(mem, worker, err) || !find_check_key(mem, worker, err) ||
        !leave_gap(worker, err)) {
        worker_free(worker);
        return false;
    }
    *out = worker;
    return true;
}

void worker_free(struct worker *worker)
{
    for (size_t i = 0; i < worker->ca_count; i++) {
        acme_client_free(worker->cas[i].client);
        ca_seats_free(worker->cas[i].seats);
        if (worker->cas[i].roots != worker->trust)
            root_files_close(worker->cas[i].roots);
    }
    root_files_close(worker->trust);
    name_servers_free(worker->name_servers);
    rdap_freep(&worker->rdap);
    resolver_freep(&worker->resolver);
}

const struct verify_roots *worker_roots(struct arena *mem, struct root_files *files)
{
    const struct verify_roots *roots;
    struct err err = {0};

    if (!root_files_get(mem, files, &roots, &err))
        LOG(WARN, "worker.roots_not_read", KERR(&err));
    return roots;
}

const struct worker_ca *worker_ca(const struct worker *worker, const char *id)
{
    for (size_t i = 0; i < worker->ca_count; i++)
        if (strcmp(worker->cas[i].config->id, id) == 0)
            return &worker->cas[i];
    return NULL;
}

bool worker_find_ca(const struct worker *worker, const char *id, const struct worker_ca **out,
                    struct err *err)
{
    *out = worker_ca(worker, id);
    return *out || err_set(err, ERR_CONFIG, "CA \"%.40s\" is not configured any more", id);
}
