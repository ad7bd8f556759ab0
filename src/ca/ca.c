/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/ca.h"

#include <curl/curl.h>
#include <stdarg.h>

#include "ca/certificate_store.h"
#include "ca/challenge_store.h"
#include "ca/database.h"
#include "ca/descriptors.h"
#include "ca/keeper.h"
#include "ca/limit_file.h"
#include "ca/manage_server.h"
#include "ca/routes.h"
#include "ca/terms.h"
#include "ca/tidy.h"
#include "http/server.h"

#define HANDLERS   16
#define VALIDATORS 32
#define ISSUERS    8
#define HTTP_PORT  80
#define HTTPS_PORT 443

const char *ca_url(struct arena *mem, const struct ca *ca, const char *fmt, ...)
{
    char path[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(path, sizeof(path), fmt, ap);
    va_end(ap);
    return arena_printf(mem, "%s%s", ca->options.public_url, path);
}

const char *ca_issuer_url(struct arena *mem, const struct ca *ca, const char *issuer_id)
{
    return arena_printf(mem, "%s" CA_ISSUER_PATH "/%.*s", ca->plain_url, CA_ISSUER_SHORT_LEN,
                        issuer_id);
}

const char *ca_crl_base(struct arena *mem, const char *plain_url, const char *issuer_id)
{
    return arena_printf(mem, "%s" CA_CRL_PATH "/%.*s/", plain_url, CA_ISSUER_SHORT_LEN, issuer_id);
}

static const char *plain_url(struct arena *mem, const char *url)
{
    const char *tls = "https://";

    return strncmp(url, tls, strlen(tls)) == 0 ? arena_printf(mem, "http://%s", url + strlen(tls))
                                               : url;
}

/* The host of a URL, without the brackets of an address; NULL: what the front has anyhow. */
static const char *own_host(struct arena *mem, const char *url)
{
    static const char *const usual[] = {"localhost", "127.0.0.1", "::1"};
    const char *begin = strstr(url, "://"), *host;

    if (!begin)
        return NULL;
    begin += strlen("://");
    host = *begin == '[' ? arena_strndup(mem, begin + 1, strcspn(begin + 1, "]"))
                         : arena_strndup(mem, begin, strcspn(begin, ":/"));
    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        if (strcmp(host, usual[i]) == 0)
            return NULL;
    }
    return host;
}

static bool make_suffixes(struct arena *mem, const struct ca_options *options,
                          struct ca_suffixes *out, struct err *err)
{
    if (!ca_suffixes_make(mem, options->permitted, options->permitted_count, out, err))
        return false;
    out->forbidden = options->forbidden;
    out->forbidden_count = options->forbidden_count;
    out->own_host = own_host(mem, options->public_url);
    return true;
}

bool ca_init(struct arena *mem, const struct ca_options *options, struct ca_authority_report *out,
             struct err *err)
{
    struct ca_suffixes suffixes;

    return make_suffixes(mem, options, &suffixes, err) &&
           ca_authority_init(mem, options->dir, &suffixes, out, err);
}

static bool set_reachable(struct ca *ca, struct err *err)
{
    const struct ca_options *options = &ca->options;
    struct prefix *list = arena_array_of(ca->mem, options->reachable_count + 1, struct prefix);

    for (size_t i = 0; i < options->reachable_count; i++) {
        if (!prefix_parse(options->reachable[i], &list[i], err))
            return false;
    }
    ca->validator.reachable = list;
    ca->validator.reachable_count = options->reachable_count;
    return true;
}

static bool set_up_validator(struct ca *ca, struct err *err)
{
    const struct ca_options *options = &ca->options;
    struct resolver_options resolver = {.forwarder = options->resolver, .is_offline = true};

    ca->validator.http_port = options->http_port ? options->http_port : HTTP_PORT;
    ca->validator.https_port = options->https_port ? options->https_port : HTTPS_PORT;
    return set_reachable(ca, err) && resolver_new(&resolver, &ca->validator.resolver, err);
}

typedef bool list_processing(struct arena *mem, struct db *db, int64_t after_id, struct ca_ids *out,
                             struct err *err);

/* Puts what a killed CA left in processing back to work. */
static bool take_up(struct ca *ca, list_processing *list, struct ca_pool *pool, struct err *err)
{
    int64_t after = 0;

    for (;;) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct ca_ids ids;

        if (!list(mem, ca->db, after, &ids, err))
            return false;
        if (ids.count == 0)
            return true;
        for (size_t i = 0; i < ids.count; i++)
            ca_pool_restore(pool, ids.items[i]);
        after = ids.items[ids.count - 1];
    }
}

static unsigned or_default(unsigned value, unsigned standard)
{
    return value ? value : standard;
}

static bool start_work(struct ca *ca, struct err *err)
{
    unsigned validators = or_default(ca->options.validators, VALIDATORS);

    ca->validation = ca_pool_new(validators, CA_VALIDATIONS_MAX, ca_validate_challenge, ca);
    ca->tidy = ca_tidy_start(ca->db);
    ca->issuing = ca_pool_new(ISSUERS, CA_ISSUES_MAX, ca_issue_order, ca);
    return take_up(ca, ca_challenge_processing, ca->validation, err) &&
           take_up(ca, ca_order_processing, ca->issuing, err);
}

static bool start_server(struct ca *ca, struct err *err)
{
    struct http_options options = {
        .socket_path = ca->options.socket,
        .socket_mode = 0660,
        .table = {.routes = ca_routes, .count = CA_ENDPOINT_COUNT},
        .context = ca,
        .handlers = or_default(ca->options.handlers, HANDLERS),
        .max_queued = CA_REQUESTS_MAX,
        .problem = ca_handle_error,
    };

    return ca_connections_allowed(&options.max_connections, err) &&
           http_server_start(&options, &ca->server, err);
}

static bool load_public_suffixes(struct ca *ca, struct err *err)
{
    ca->public_suffixes = psl_latest(NULL);
    return ca->public_suffixes ||
           err_set(err, ERR_CONFIG, "there is no public suffix list: install publicsuffix");
}

static bool start(struct ca *ca, struct err *err)
{
    const struct ca_options *options = &ca->options;
    struct ca_authority_report report;

    return make_suffixes(ca->mem, options, &ca->suffixes, err) &&
           ca_limits_load(options->limits, &ca->limits, err) && load_public_suffixes(ca, err) &&
           ca_init(ca->mem, options, &report, err) &&
           ca_database_open(ca->mem, options->dir, &ca->db, err) &&
           ca_keeper_new(options->dir, &ca->suffixes, ca->plain_url, ca->db, &ca->keeper, err) &&
           ca_terms_load(ca, err) && set_up_validator(ca, err) && start_work(ca, err) &&
           ca_manage_start(ca, &ca->management, err) && start_server(ca, err);
}

bool ca_start(const struct ca_options *options, struct ca **out, struct err *err)
{
    struct arena *mem = arena_new();
    struct ca *ca = arena_new_of(mem, struct ca);

    *ca = (struct ca){.mem = mem,
                      .options = *options,
                      .nonces = ca_nonces_new(),
                      .keys = ca_key_cache_new(),
                      .faults = ca_faults_new(),
                      .requests = ca_request_limits_new()};
    ca->plain_url = plain_url(mem, options->public_url);
    ca->profiles = ca_profiles_make(mem, options->profiles, options->profile_count);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (!start(ca, err)) {
        ca_stop(ca);
        return false;
    }
    *out = ca;
    return true;
}

/* From the outside in: first nobody asks, then nothing runs, then it can go. */
void ca_stop(struct ca *ca)
{
    if (!ca)
        return;
    http_server_stop(ca->server);
    http_server_stop(ca->management);
    ca_pool_free(ca->validation);
    ca_pool_free(ca->issuing);
    ca_tidy_stop(ca->tidy);
    ca_keeper_free(ca->keeper);
    if (ca->validator.resolver)
        resolver_free(ca->validator.resolver);
    if (ca->db)
        db_close(ca->db);
    ca_nonces_free(ca->nonces);
    ca_key_cache_free(ca->keys);
    ca_request_limits_free(ca->requests);
    ca_faults_free(ca->faults);
    psl_free(ca->public_suffixes);
    arena_free(ca->mem);
}
