/* SPDX-License-Identifier: Apache-2.0 */
#include "check/observe_http.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "net/http_client.h"

#define PROBES_MAX    16    /* of ours, of one name */
#define STRANGERS_MAX 8     /* of others */
#define AT_ONCE       64    /* of all names */
#define ANSWER_MAX    65536 /* octets of a body that are read: pages are recognised by them */
#define HEADERS_MAX   16384 /* octets */
#define URL_MAX       2000  /* octets of a path that a redirect leads to */
#define LOOPS_MAX     2     /* names whose proxies are asked for loops */
#define HTTPS_PORT    443

/* One probe on its way. */
struct walk {
    struct probe *probe;
    const char *name;
    const char *answer; /* the body that is right; NULL: any of its form */
    const char *seen[CHECK_REDIRECTS_MAX + 1];
    size_t hops;
    const char *url; /* to be asked next; NULL: done */
};

struct walks {
    struct arena *mem;
    const struct check_env *env;
    struct check_ports ports;
    struct http_client *client;
    int64_t until; /* clock_boot_ms(): all end then */
    /* Ours from the front, strangers from the back: they do not take the time of ours away. */
    struct walk *list;
    size_t room, ours, strangers;
};

const char *check_answer(struct arena *mem, struct slice check_key, const char *host,
                         const char *token)
{
    const char *text = arena_printf(mem, "%s/%s", host, token);
    unsigned char mac[SHA256_SIZE];

    hash_hmac_sha256(check_key, slice_str(text), mac);
    return hex_encode(mem, slice_of(mac, sizeof(mac)));
}

/* ---- what an answer is ---- */

static const struct {
    enum probe_outcome outcome;
    const char *text; /* NULL: the error's own */
} outcomes[HTTP_FAILURE_COUNT] = {
    [HTTP_FAILED_NONE] = {PROBE_OK, NULL},
    [HTTP_FAILED_NO_ADDRESS] = {PROBE_UNREACHABLE, NULL},
    [HTTP_FAILED_FORBIDDEN] = {PROBE_UNREACHABLE, NULL},
    [HTTP_FAILED_REFUSED] = {PROBE_REFUSED, "connection refused"},
    [HTTP_FAILED_UNREACHABLE] = {PROBE_UNREACHABLE, NULL},
    [HTTP_FAILED_NO_CONNECT] = {PROBE_TIMEOUT, "no answer in time"},
    [HTTP_FAILED_TLS] = {PROBE_CUT, NULL},
    [HTTP_FAILED_CUT] = {PROBE_CUT, "no answer"},
    [HTTP_FAILED_SLOW] = {PROBE_TIMEOUT, "no answer in time"},
    [HTTP_FAILED_TOO_LARGE] = {PROBE_WRONG_ANSWER, "too long an answer"},
    [HTTP_FAILED_PROTOCOL] = {PROBE_CUT, "no HTTP"},
    [HTTP_FAILED_LOCAL] = {PROBE_UNREACHABLE, NULL},
};

static bool is_answer(struct slice body, const char *answer)
{
    if (answer)
        return slice_eq_str(body, answer);
    for (size_t i = 0; i < body.len; i++)
        if (!strchr("0123456789abcdef", body.data[i]))
            return false;
    return body.len == 2 * SHA256_SIZE;
}

static void end(struct walk *walk, enum probe_outcome outcome, const char *text)
{
    walk->probe->outcome = outcome;
    walk->probe->text = text;
    walk->url = NULL;
}

/* What comes now is said where redirects have led, and not at the port that was asked first. */
static void keep_origin(const struct walks *walks, const struct walk *walk)
{
    struct http_url place;

    if (walk->hops == 0 || !http_url_follow(walks->mem, walk->url, walk->url, &place))
        return;
    walk->probe->origin = arena_printf(walks->mem, "%s://%s", place.scheme, place.host);
    walk->probe->port = place.port;
}

static bool was_seen(const struct walk *walk, const char *url)
{
    for (size_t i = 0; i < walk->hops; i++)
        if (strcmp(walk->seen[i], url) == 0)
            return true;
    return false;
}

/* Why a certificate authority does not go there; NULL: it does. */
static const char *refusal_of(const struct walks *walks, const struct walk *walk, int status,
                              const struct http_url *place)
{
    bool is_tls = strcmp(place->scheme, "https") == 0;

    if (status != 301 && status != 302 && status != 307 && status != 308)
        return arena_printf(walks->mem, "status %d", status);
    if (walk->hops == CHECK_REDIRECTS_MAX)
        return "more than 10 redirects";
    if (!is_tls && strcmp(place->scheme, "http") != 0)
        return arena_printf(walks->mem, "to %.20s:", place->scheme);
    if (place->port != walks->ports.http && place->port != walks->ports.https &&
        place->port != 80 && place->port != 443)
        return arena_printf(walks->mem, "to port %u", place->port);
    if (strlen(place->path) > URL_MAX)
        return "to a path of more than 2000 octets";
    return NULL;
}

static void follow(const struct walks *walks, struct walk *walk, int status, const char *location)
{
    struct http_url place;
    const char *refusal;

    if (!http_url_follow(walks->mem, walk->url, location, &place)) {
        end(walk, PROBE_BAD_REDIRECT, "to what is no URL");
        return;
    }
    walk->probe->location = place.host;
    refusal = refusal_of(walks, walk, status, &place);
    walk->seen[walk->hops++] = walk->url;
    if (refusal)
        end(walk, PROBE_BAD_REDIRECT, refusal);
    else if (was_seen(walk, place.url))
        end(walk, PROBE_LOOP, "it leads back to itself");
    else if (strcmp(place.host, walk->name) != 0)
        end(walk, PROBE_REDIRECTED,
            arena_printf(walks->mem, "status %d to %s", status, place.host));
    else
        walk->url = place.url;
}

static void judge_answer(const struct walks *walks, const struct http_response *response,
                         struct walk *walk)
{
    const char *location = http_header(response, "Location");
    int status = response->status;

    walk->probe->status = status;
    walk->probe->who = answerer_of(response);
    if (status == 200 && is_answer(response->body, walk->answer))
        end(walk, PROBE_OK, NULL);
    else if (status >= 301 && status <= 308 && location)
        follow(walks, walk, status, location);
    else {
        keep_origin(walks, walk);
        end(walk, PROBE_WRONG_ANSWER,
            arena_printf(walks->mem, status == 200 ? "status %d with another content" : "status %d",
                         status));
    }
}

static void take_result(const struct walks *walks, const struct http_exchange *exchange,
                        struct walk *walk)
{
    const char *text = outcomes[exchange->failure].text;

    walk->probe->took_ms += exchange->response.took_ms;
    if (exchange->is_ok) {
        judge_answer(walks, &exchange->response, walk);
        return;
    }
    keep_origin(walks, walk);
    end(walk, outcomes[exchange->failure].outcome,
        text ? text : arena_strdup(walks->mem, exchange->err.text));
}

/* ---- asking ---- */

/* Of the next request; 0: the time of all is over. */
static int time_left_ms(const struct walks *walks)
{
    int ms = walks->env->http_ms ? walks->env->http_ms : CHECK_HTTP_MS;
    int64_t left = walks->until - clock_boot_ms();

    if (left <= 0)
        return 0;
    return left < ms ? (int)left : ms;
}

static struct http_request request_of(const char *url, const struct address *address, int ms)
{
    return (struct http_request){.url = url,
                                 .addresses = address,
                                 .address_count = 1,
                                 .is_fresh = true,
                                 .is_any_certificate = true,
                                 .is_beginning_enough = true,
                                 .body_max = ANSWER_MAX,
                                 .headers_max = HEADERS_MAX,
                                 .connect_ms = ms,
                                 .total_ms = ms};
}

/* What comes is large, and a stranger's choice: it is given back at once. */
static void ask(const struct walks *walks, struct walk *const *batch, size_t count)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct http_exchange *exchanges = arena_array_of(mem, count, struct http_exchange);
    int ms = time_left_ms(walks);

    for (size_t i = 0; i < count; i++)
        exchanges[i].request = request_of(batch[i]->url, &batch[i]->probe->address, ms);
    if (ms > 0)
        http_do_all(mem, walks->client, exchanges, count);
    for (size_t i = 0; i < count; i++)
        if (ms > 0)
            take_result(walks, &exchanges[i], batch[i]);
        else
            end(batch[i], PROBE_TIMEOUT, "no answer in time");
}

/* All that have somewhere to go, one step further. False when there are none. */
static bool step(const struct walks *walks)
{
    struct walk *batch[AT_ONCE];
    size_t count = 0, asked = 0;

    for (size_t i = 0; i < walks->room; i++) {
        if (walks->list[i].url)
            batch[count++] = &walks->list[i];
        if (count < AT_ONCE && i + 1 < walks->room)
            continue;
        ask(walks, batch, count);
        asked += count;
        count = 0;
    }
    return asked > 0;
}

static void add_walk(const struct walks *walks, struct walk *walk, const char *name,
                     struct probe *probe)
{
    struct arena *mem = walks->mem;
    unsigned char octets[CHECK_TOKEN_BYTES];
    const char *token;

    random_bytes(octets, sizeof(octets));
    token = hex_encode(mem, slice_of(octets, sizeof(octets)));
    *walk = (struct walk){.probe = probe,
                          .name = name,
                          .answer = walks->env->is_keyless
                                        ? NULL
                                        : check_answer(mem, walks->env->check_key, name, token),
                          .url = arena_printf(mem, "http://%s:%u" CHECK_PATH "%s", name,
                                              (unsigned)walks->ports.http, token)};
}

static struct probe *probe_of(struct probe *probe, const struct address *address)
{
    probe->address = *address;
    return probe;
}

static void add_probes(struct walks *walks, const struct net_policy *policy,
                       const struct check_expected *expected, struct observation *observation)
{
    const struct dns_answer *answers[] = {&observation->a, &observation->aaaa};
    struct probe *ours = arena_array_of(walks->mem, PROBES_MAX, struct probe);
    struct probe *strangers = arena_array_of(walks->mem, STRANGERS_MAX, struct probe);
    struct err ignored;

    observation->probes = ours;
    observation->strangers = strangers;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < answers[k]->record_count; i++) {
            struct address address = address_from_octets(answers[k]->records[i].address);

            if (!net_policy_check(policy, &address, walks->ports.http, &ignored))
                continue;
            if (!check_is_ours(expected, &address) && observation->stranger_count < STRANGERS_MAX)
                add_walk(walks, &walks->list[walks->room - ++walks->strangers], observation->name,
                         probe_of(&strangers[observation->stranger_count++], &address));
            else if (check_is_ours(expected, &address) && observation->probe_count < PROBES_MAX)
                add_walk(walks, &walks->list[walks->ours++], observation->name,
                         probe_of(&ours[observation->probe_count++], &address));
        }
}

/* ---- a proxy that speaks plain http to us, and is sent to https again and again ---- */

static const struct address *proxy_of(const struct observation *observation)
{
    for (size_t i = 0; i < observation->stranger_count; i++)
        if (observation->strangers[i].who.kind == ANSWERER_CDN ||
            observation->strangers[i].outcome == PROBE_OK)
            return &observation->strangers[i].address;
    return NULL;
}

/* The page that visitors see is asked for over https: is it told to be where it is? */
static bool is_looping(const struct walks *walks, const char *name, const struct address *proxy)
{
    const char *url =
        arena_printf(walks->mem, "https://%s:%u/", name, (unsigned)walks->ports.https);
    int ms = time_left_ms(walks);
    struct http_request request = request_of(url, proxy, ms);
    struct http_url place, self;
    struct http_response response;
    const char *location;
    struct err ignored;

    if (ms == 0 || !http_do(walks->mem, walks->client, &request, &response, &ignored))
        return false;
    location = http_header(&response, "Location");
    return response.status >= 301 && response.status <= 308 && location &&
           http_url_follow(walks->mem, url, location, &place) &&
           http_url_follow(walks->mem, url, url, &self) && strcmp(place.host, self.host) == 0 &&
           strcmp(place.scheme, self.scheme) == 0 && strcmp(place.path, self.path) == 0;
}

static void look_for_loops(const struct walks *walks, struct observation *observations,
                           size_t count)
{
    size_t asked = 0;

    for (size_t i = 0; i < count && asked < LOOPS_MAX; i++) {
        const struct address *proxy = proxy_of(&observations[i]);

        if (!proxy)
            continue;
        observations[i].is_looping = is_looping(walks, observations[i].name, proxy);
        asked++;
    }
}

bool observe_http(struct arena *mem, const struct check_env *env, const struct check_names *names,
                  const struct check_expected *expected, struct observation *observations,
                  struct err *err)
{
    AUTO(http_client_freep) struct http_client *client = NULL;
    int all_ms = env->http_all_ms ? env->http_all_ms : CHECK_HTTP_ALL_MS;
    size_t room = names->count * (PROBES_MAX + STRANGERS_MAX);
    struct walks walks = {.mem = mem,
                          .env = env,
                          .ports = {env->http_port, env->https_port ? env->https_port : HTTPS_PORT},
                          .list = arena_array_of(mem, room, struct walk),
                          .room = room,
                          .until = clock_boot_ms() + all_ms};
    struct net_policy policy;

    reach_sites(mem, &env->reach, expected, walks.ports, &policy);
    for (size_t i = 0; i < names->count; i++)
        add_probes(&walks, &policy, expected, &observations[i]);
    if (walks.ours + walks.strangers == 0)
        return true;
    if (!http_client_new(&(struct http_client_options){.policy = &policy}, &client, err))
        return false;
    walks.client = client;
    while (step(&walks))
        ;
    if (!env->is_path_alone)
        look_for_loops(&walks, observations, names->count);
    return true;
}
