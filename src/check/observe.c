/* SPDX-License-Identifier: Apache-2.0 */
#include "check/observe.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "check/observe_dns.h"
#include "check/observe_zone.h"
#include "net/http_client.h"

#define PROBES_MAX     16   /* of one name */
#define PROBES_AT_ONCE 64   /* of all names */
#define ANSWER_MAX     1024 /* octets of an answer's body that are read */

/* The requests of all names, to be sent together. */
struct batch {
    struct http_exchange *exchanges;
    struct probe **probes; /* probes[i] is filled from exchanges[i] */
    const char **answers;  /* the body that is right; NULL: any of its form */
    size_t count;
};

const char *check_answer(struct arena *mem, struct slice check_key, const char *host,
                         const char *token)
{
    const char *text = arena_printf(mem, "%s/%s", host, token);
    unsigned char mac[SHA256_SIZE];

    hash_hmac_sha256(check_key, slice_str(text), mac);
    return hex_encode(mem, slice_of(mac, sizeof(mac)));
}

static bool is_wildcard(const char *name)
{
    return strncmp(name, "*.", 2) == 0;
}

/* ---- the check path ---- */

static void add_probe(struct arena *mem, const struct check_env *env, const char *name,
                      const struct address *address, struct probe *probe, struct batch *batch)
{
    unsigned char octets[CHECK_TOKEN_BYTES];
    const char *token;

    random_bytes(octets, sizeof(octets));
    token = hex_encode(mem, slice_of(octets, sizeof(octets)));
    *probe = (struct probe){.address = *address};
    batch->answers[batch->count] =
        env->is_keyless ? NULL : check_answer(mem, env->check_key, name, token);
    batch->probes[batch->count] = probe;
    batch->exchanges[batch->count++] = (struct http_exchange){
        .request = {.url = arena_printf(mem, "http://%s:%u" CHECK_PATH "%s", name,
                                        (unsigned)env->http_port, token),
                    .addresses = &probe->address,
                    .address_count = 1,
                    .is_fresh = true,
                    .body_max = ANSWER_MAX,
                    .connect_ms = env->http_ms ? env->http_ms : CHECK_HTTP_MS,
                    .total_ms = env->http_ms ? env->http_ms : CHECK_HTTP_MS}};
}

static void add_probes(struct arena *mem, const struct check_env *env,
                       const struct check_expected *expected, struct observation *observation,
                       struct batch *batch)
{
    const struct dns_answer *answers[] = {&observation->a, &observation->aaaa};
    struct probe *probes = arena_array_of(mem, PROBES_MAX, struct probe);

    observation->probes = probes;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < answers[k]->record_count; i++) {
            struct slice octets = answers[k]->records[i].address;
            struct address address = {.is_v6 = octets.len == 16};

            memcpy(address.octets, octets.data, octets.len);
            if (check_is_ours(expected, &address) && observation->probe_count < PROBES_MAX)
                add_probe(mem, env, observation->name, &address,
                          &probes[observation->probe_count++], batch);
        }
}

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

static void judge_answer(struct arena *mem, const struct http_response *response,
                         const char *answer, struct probe *probe)
{
    const char *location = http_header(response, "Location");

    probe->status = response->status;
    if (response->status == 200 && is_answer(response->body, answer)) {
        probe->outcome = PROBE_OK;
        return;
    }
    probe->outcome = PROBE_WRONG_ANSWER;
    probe->text =
        arena_printf(mem, response->status == 200 ? "status %d with another content" : "status %d",
                     response->status);
    if (response->status < 300 || response->status > 399 || !location)
        return;
    probe->outcome = PROBE_REDIRECTED;
    probe->location = http_url_host(mem, location);
    probe->location = probe->location ? probe->location : "another path";
    probe->text = arena_printf(mem, "status %d to %s", response->status, probe->location);
}

static void take_result(struct arena *mem, const struct http_exchange *exchange, const char *answer,
                        struct probe *probe)
{
    probe->took_ms = exchange->response.took_ms;
    if (exchange->is_ok) {
        judge_answer(mem, &exchange->response, answer, probe);
        return;
    }
    probe->outcome = outcomes[exchange->failure].outcome;
    probe->text = outcomes[exchange->failure].text;
    if (!probe->text)
        probe->text = arena_strdup(mem, exchange->err.text);
}

/* Exactly the set's addresses, at exactly the port of the platform. */
static void allow_ours(struct arena *mem, const struct check_env *env,
                       const struct check_expected *expected, struct net_policy *policy)
{
    struct net_allowed *allowed =
        arena_array_of(mem, expected->ipv4_count + expected->ipv6_count, struct net_allowed);

    *policy = (struct net_policy){.public_reach = NET_PUBLIC_NONE, .allowed = allowed};
    for (size_t i = 0; i < expected->ipv4_count; i++)
        allowed[policy->allowed_count++] =
            (struct net_allowed){{expected->ipv4[i], 32}, env->http_port};
    for (size_t i = 0; i < expected->ipv6_count; i++)
        allowed[policy->allowed_count++] =
            (struct net_allowed){{expected->ipv6[i], 128}, env->http_port};
}

static bool probe_all(struct arena *mem, const struct check_env *env,
                      const struct check_names *names, const struct check_expected *expected,
                      struct observation *observations, struct err *err)
{
    AUTO(http_client_freep) struct http_client *client = NULL;
    size_t room = names->count * PROBES_MAX;
    struct batch batch = {.exchanges = arena_array_of(mem, room, struct http_exchange),
                          .probes = arena_array_of(mem, room, struct probe *),
                          .answers = arena_array_of(mem, room, const char *)};
    struct net_policy policy;

    for (size_t i = 0; i < names->count; i++)
        if (!is_wildcard(names->names[i]))
            add_probes(mem, env, expected, &observations[i], &batch);
    if (batch.count == 0)
        return true;
    allow_ours(mem, env, expected, &policy);
    if (!http_client_new(&(struct http_client_options){.policy = &policy}, &client, err))
        return false;
    for (size_t at = 0; at < batch.count; at += PROBES_AT_ONCE)
        http_do_all(mem, client, batch.exchanges + at,
                    batch.count - at < PROBES_AT_ONCE ? batch.count - at : PROBES_AT_ONCE);
    for (size_t i = 0; i < batch.count; i++)
        take_result(mem, &batch.exchanges[i], batch.answers[i], batch.probes[i]);
    return true;
}

/* What all name servers say stands in place of what a resolver remembers. */
static void take_newer(const struct zone_seen *zone, size_t name, struct observation *observation)
{
    struct dns_answer *answers[] = {&observation->a, &observation->aaaa};

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        const struct dns_answer *said = zone_says(zone, name, i == 1);
        int64_t until = clock_now() + (int64_t)answers[i]->ttl * 1000;

        if (!said || answers[i]->rcode < 0 || answers[i]->reply == DNS_REPLY_SERVFAIL ||
            answers[i]->reply == DNS_REPLY_BOGUS || zone_is_same(said, answers[i]) ||
            (said->chain_count > 0 && said->record_count == 0))
            continue;
        *answers[i] = *said;
        if (until > observation->old_until)
            observation->old_until = until;
    }
}

bool observe(struct arena *mem, const struct check_env *env, const struct check_names *names,
             const struct check_expected *expected, const struct observed *out, struct err *err)
{
    const struct dns_answer *found;

    if (!observe_dns(mem, env, names, out->names, &found, err) ||
        !observe_zone(mem, env, names, found, out->zone, err))
        return false;
    for (size_t i = 0; i < out->zone->name_count; i++)
        take_newer(out->zone, i, &out->names[i]);
    return (env->check_key.len == 0 && !env->is_keyless) ||
           probe_all(mem, env, names, expected, out->names, err);
}
