/* SPDX-License-Identifier: Apache-2.0 */
#include "check/rdap.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/peers.h"
#include "base/rate.h"
#include "check/resolve_host.h"
#include "net/http_client.h"

#define NAME_MAX_OCTETS 253
#define HOST_MAX        PEER_NAME_MAX
#define HOSTS           64 /* registries: an IANA file has some hundreds of names for few */
#define ACCEPT          "application/rdap+json, application/json;q=0.9"

/* What is remembered of a domain. */
struct memory {
    char name[NAME_MAX_OCTETS + 1];
    struct registration said;
    int64_t until; /* clock_boot_ms() */
};

struct rdap {
    char *url, *trust_file;
    json_t *services;
    struct resolver *resolver;
    struct prefix *own; /* of reach */
    struct check_reach reach;
    pthread_mutex_t lock; /* of what follows */
    struct memory memories[RDAP_REMEMBERED];
    struct peers *hosts;
};

/* ---- making and freeing ---- */

static bool read_services(const char *path, json_t **out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    char *text = arena_alloc(mem, REGISTRATION_FILE_MAX + 1);
    FILE *file = fopen(path, "re");
    size_t len;

    if (!file)
        return err_errno(err, ERR_CONFIG, errno, "check.rdap_services: could not open %s", path);
    len = fread(text, 1, REGISTRATION_FILE_MAX + 1, file);
    fclose(file);
    return registration_services(slice_of(text, len), out, err) ||
           err_wrap(err, "check.rdap_services: %s", path);
}

static char *copy(const char *text)
{
    char *made = text && text[0] ? strdup(text) : NULL;

    assert(made || !text || !text[0]);
    return made;
}

bool rdap_new(const struct rdap_options *options, struct rdap **out, struct err *err)
{
    bool has_url = options->url && options->url[0];
    bool has_services = options->services && options->services[0];
    json_t *services = NULL;
    struct rdap *rdap;

    *out = NULL;
    if (!has_url && !has_services)
        return true;
    if (!has_url && !read_services(options->services, &services, err))
        return false;
    rdap = calloc(1, sizeof(*rdap));
    assert(rdap);
    rdap->url = copy(options->url);
    rdap->trust_file = copy(options->trust_file);
    rdap->services = services;
    rdap->resolver = options->resolver;
    rdap->reach = options->reach;
    rdap->own = calloc(options->reach.own_count + 1, sizeof(*rdap->own));
    assert(rdap->own);
    if (options->reach.own_count > 0)
        memcpy(rdap->own, options->reach.own, options->reach.own_count * sizeof(*rdap->own));
    rdap->reach.own = rdap->own;
    rdap->hosts = peers_new(HOSTS);
    pthread_mutex_init(&rdap->lock, NULL);
    *out = rdap;
    return true;
}

void rdap_free(struct rdap *rdap)
{
    json_decref(rdap->services);
    pthread_mutex_destroy(&rdap->lock);
    free(rdap->url);
    free(rdap->trust_file);
    free(rdap->own);
    peers_free(rdap->hosts);
    free(rdap);
}

/* ---- what is remembered ---- */

static size_t place_of(const char *text, size_t count)
{
    return hash_text(text) % count;
}

static bool recall(struct rdap *rdap, const char *domain, struct registration *out)
{
    const struct memory *memory = &rdap->memories[place_of(domain, RDAP_REMEMBERED)];
    bool is_there;

    pthread_mutex_lock(&rdap->lock);
    is_there = strcmp(memory->name, domain) == 0 && clock_boot_ms() < memory->until;
    if (is_there)
        *out = memory->said;
    pthread_mutex_unlock(&rdap->lock);
    return is_there;
}

static int64_t worth_ms(const struct registration *said)
{
    bool is_bad = !said->is_registered;

    for (size_t i = 0; i < REGISTRATION_STATE_COUNT; i++)
        is_bad = is_bad || said->is_in_state[i];
    is_bad = is_bad || (said->expires_at && said->expires_at <= said->seen_at);
    if (!said->is_known)
        return RDAP_FAILED_MS;
    return is_bad ? RDAP_BAD_MS : RDAP_GOOD_MS;
}

static void remember(struct rdap *rdap, const char *domain, const struct registration *said)
{
    struct memory *memory = &rdap->memories[place_of(domain, RDAP_REMEMBERED)];

    pthread_mutex_lock(&rdap->lock);
    memory->said = *said;
    memory->until = clock_boot_ms() + worth_ms(said);
    (void)snprintf(memory->name, sizeof(memory->name), "%s", domain);
    pthread_mutex_unlock(&rdap->lock);
}

/* ---- how often a server is asked ---- */

static bool may_ask(struct rdap *rdap, const char *name)
{
    static const struct rate rate = {RDAP_EACH_S, 1, RDAP_BURST};
    int64_t now = clock_boot_ms();
    struct rate_spending spending = {.is_allowed = false};
    struct peer *host;

    pthread_mutex_lock(&rdap->lock);
    host = peers_find(rdap->hosts, name, now);
    if (!peer_is_paused(host, now)) {
        spending = rate_spend(&rate, host->tat_us, now * 1000);
        host->tat_us = spending.tat_us;
    }
    pthread_mutex_unlock(&rdap->lock);
    return spending.is_allowed;
}

static void pause_host(struct rdap *rdap, const char *name, int64_t ms)
{
    int64_t now = clock_boot_ms();

    pthread_mutex_lock(&rdap->lock);
    peer_pause(peers_find(rdap->hosts, name, now), ms, now);
    pthread_mutex_unlock(&rdap->lock);
}

/* ---- asking ---- */

struct question {
    struct arena *mem;
    struct rdap *rdap;
    struct http_client *client;
    const char *domain;
    struct http_url place; /* that is asked now */
    int64_t until;         /* clock_boot_ms() */
};

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* A registry sends on to another server, and that one to the registrar's (RFC 7480 section 5.2). */
static bool follow(struct question *q, const struct http_response *response)
{
    const char *location = http_header(response, "Location");
    struct http_url next;

    if (!location || !http_url_follow(q->mem, q->place.url, location, &next) ||
        strcmp(next.scheme, "https") != 0 || strlen(next.host) > HOST_MAX)
        return false;
    q->place = next;
    return true;
}

/* Whoever fails, or asks for a pause (RFC 7480 section 5.5), is left alone. */
static void leave_alone(const struct question *q, const struct http_response *response)
{
    const char *after = response ? http_header(response, "Retry-After") : NULL;
    int64_t seconds = 0;

    if (after && !slice_i64(slice_str(after), 0, RDAP_PAUSE_MAX_S, &seconds))
        seconds = 0;
    pause_host(q->rdap, q->place.host, seconds ? seconds * 1000 : RDAP_FAILED_MS);
}

static bool get(const struct question *q, struct http_response *out)
{
    int64_t left = q->until - clock_boot_ms();
    int ms = left > 0 ? (int)left : 1; /* 0 would be the client's own patience */
    static const struct http_header accept = {"Accept", ACCEPT};
    const struct http_request request = {.url = q->place.url,
                                         .headers = &accept,
                                         .header_count = 1,
                                         .is_fresh = true,
                                         .body_max = REGISTRATION_BODY_MAX,
                                         .connect_ms = ms,
                                         .total_ms = ms};
    struct err ignored;

    return http_do(q->mem, q->client, &request, out, &ignored);
}

static void take(const struct question *q, const struct http_response *response,
                 struct registration *out)
{
    struct err ignored;

    if (response->status == 404 && registration_is_absence(response->body))
        *out = (struct registration){.is_known = true};
    else if (response->status == 200)
        (void)!registration_read(response->body, q->domain, out, &ignored); /* then not known */
    else if (response->status == 429 || response->status >= 500)
        leave_alone(q, response);
}

/* False: it was not asked at all, and may be the next time. */
static bool walk(struct question *q, struct registration *out)
{
    for (size_t i = 0; i <= RDAP_REDIRECTS_MAX; i++) {
        struct http_response response;

        if (!may_ask(q->rdap, q->place.host))
            return false;
        if (!get(q, &response)) {
            leave_alone(q, NULL);
            return true;
        }
        if (!is_redirect(response.status)) {
            take(q, &response, out);
            return true;
        }
        if (!follow(q, &response))
            return true;
    }
    return true;
}

static const char *server_of(const struct rdap *rdap, const char *domain)
{
    return rdap->url ? rdap->url : registration_server(rdap->services, domain);
}

static bool find_place(struct question *q)
{
    const char *server = server_of(q->rdap, q->domain);
    const char *url;

    if (!server || strlen(q->domain) > NAME_MAX_OCTETS)
        return false;
    url = arena_printf(q->mem, "%s%sdomain/%s", server,
                       server[strlen(server) - 1] == '/' ? "" : "/", q->domain);
    return http_url_follow(q->mem, url, url, &q->place) && strlen(q->place.host) <= HOST_MAX;
}

struct registration rdap_ask(struct rdap *rdap, const char *domain)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct question q = {
        .mem = mem, .rdap = rdap, .domain = domain, .until = clock_boot_ms() + RDAP_TOTAL_MS};
    struct registration said = {.is_known = false};
    struct net_policy policy;
    struct http_client_options options = {.policy = &policy, .resolve = resolve_host};
    struct err ignored;

    if (!rdap || recall(rdap, domain, &said) || !find_place(&q))
        return said;
    reach_registries(mem, &rdap->reach, q.place.port, &policy);
    options.resolve_arg = rdap->resolver;
    options.ca_file = rdap->trust_file;
    if (!http_client_new(&options, &q.client, &ignored))
        return said;
    if (walk(&q, &said)) {
        said.seen_at = clock_now();
        remember(rdap, domain, &said);
    }
    http_client_free(q.client);
    return said;
}
