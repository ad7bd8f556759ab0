/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/http01.h"

#include <ctype.h>

#include "base/clock.h"
#include "ca/dns_text.h"
#include "ca/fetch.h"
#include "ca/jwk.h"

#define PATH_PREFIX "/.well-known/acme-challenge/"

static const int redirect_statuses[] = {301, 302, 307, 308};

/* Where a request goes. */
struct hop {
    const char *url; /* the port stands in it only when a redirect named it */
    const char *host;
    uint16_t port;
    struct address v6, v4;
    bool has_v6, has_v4;
};

struct walk {
    struct arena *mem;
    const struct ca_validator *validator;
    json_t *record;
    int64_t until_ms; /* clock_boot_ms() */
    const char *seen[CA_REDIRECTS_MAX + 1];
    size_t hops;
    const char *used; /* the address that answered last */
};

/* --- addresses ------------------------------------------------------------------------------- */

static bool may_connect(const struct ca_validator *validator, const struct address *address)
{
    if (!address_reserved_for(address))
        return true;
    for (size_t i = 0; i < validator->reachable_count; i++) {
        if (prefix_has(&validator->reachable[i], address))
            return true;
    }
    return false;
}

static bool first_address(const struct ca_validator *validator, const struct dns_answer *answer,
                          struct address *out)
{
    for (size_t i = 0; i < answer->record_count; i++) {
        const struct slice octets = answer->records[i].address;
        struct address address = {.is_v6 = octets.len == 16};

        memcpy(address.octets, octets.data, octets.len);
        if (may_connect(validator, &address)) {
            *out = address;
            return true;
        }
    }
    return false;
}

static bool find_addresses(const struct walk *walk, struct hop *hop, struct ca_problem *problem)
{
    const struct dns_query queries[] = {
        {hop->host, DNS_TYPE_A},
        {hop->host, DNS_TYPE_AAAA},
    };
    struct dns_answer answers[ARRAY_LEN(queries)];
    const struct dns_batch batch = {DNS_FRESH, ARRAY_LEN(queries), queries, answers};
    struct err err;

    if (!resolver_ask(walk->mem, walk->validator->resolver, &batch, &err))
        return ca_refuse(problem, CA_PROBLEM_DNS, "DNS problem: looking up %s: %s", hop->host,
                         err.text);
    hop->has_v4 = first_address(walk->validator, &answers[0], &hop->v4);
    hop->has_v6 = first_address(walk->validator, &answers[1], &hop->v6);
    if (hop->has_v4 || hop->has_v6)
        return true;
    return ca_refuse(problem, CA_PROBLEM_DNS, "%s; %s", ca_dns_text(walk->mem, &answers[0]),
                     ca_dns_text(walk->mem, &answers[1]));
}

/* --- one request ----------------------------------------------------------------------------- */

static void note(struct walk *walk, const struct hop *hop, const struct address *used)
{
    char text[ADDRESS_TEXT_SIZE];
    json_t *resolved = json_array();

    if (hop->has_v6)
        json_array_append_new(resolved, json_string(address_text(&hop->v6, text)));
    if (hop->has_v4)
        json_array_append_new(resolved, json_string(address_text(&hop->v4, text)));
    walk->used = arena_strdup(walk->mem, address_text(used, text));
    json_array_append_new(walk->record,
                          json_pack("{s:s, s:s, s:o, s:o, s:s}", "url", hop->url, "hostname",
                                    hop->host, "port", json_sprintf("%u", hop->port),
                                    "addressesResolved", resolved, "addressUsed", walk->used));
}

static int64_t time_left(const struct walk *walk)
{
    int64_t left = walk->until_ms - clock_boot_ms();
    int64_t most =
        walk->validator->timeout_ms ? walk->validator->timeout_ms : (int64_t)CA_VALIDATION_MS;

    return left < CA_VALIDATION_LEAST_MS ? CA_VALIDATION_LEAST_MS : left < most ? left : most;
}

static void get(struct walk *walk, const struct hop *hop, const struct address *address,
                struct ca_fetched *out)
{
    struct ca_fetch wish = {
        .url = hop->url, .address = *address, .port = hop->port, .timeout_ms = time_left(walk)};

    note(walk, hop, address);
    ca_fetch(walk->mem, &wish, out);
}

/* The host, and the second address only when the first could not be dialled. */
static bool get_any(struct walk *walk, struct hop *hop, struct ca_fetched *out,
                    struct ca_problem *problem)
{
    if (!find_addresses(walk, hop, problem))
        return false;
    get(walk, hop, hop->has_v6 ? &hop->v6 : &hop->v4, out);
    if (out->result == CA_FETCH_DIAL && hop->has_v6 && hop->has_v4)
        get(walk, hop, &hop->v4, out);
    if (out->result == CA_FETCH_DONE)
        return true;
    return ca_refuse(problem, CA_PROBLEM_CONNECTION, "%s: Fetching %s: %s", walk->used, hop->url,
                     out->reason);
}

/* --- redirects ------------------------------------------------------------------------------- */

static bool is_redirect(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(redirect_statuses); i++) {
        if (status == redirect_statuses[i])
            return true;
    }
    return false;
}

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);

    return len >= tail && strcmp(text + len - tail, end) == 0;
}

/* "": the host may be gone to. */
static const char *host_refusal(struct arena *mem, const char *host)
{
    struct address address;
    struct err err;

    if (*host == '[' || address_parse(host, &address, &err))
        return arena_printf(mem,
                            "Invalid host in redirect target \"%s\". Only domain names are "
                            "supported, not IP addresses",
                            host);
    if (ends_in(host, ".well-known"))
        return arena_printf(mem,
                            "Invalid host in redirect target \"%s\". Check webserver config for "
                            "missing '/' in redirect target.",
                            host);
    if (!strchr(host, '.'))
        return "Invalid hostname in redirect target, must end in IANA registered TLD";
    return "";
}

static const char *target_refusal(const struct walk *walk, const struct ca_url *url)
{
    const struct ca_validator *v = walk->validator;

    if (strcmp(url->scheme, "http") != 0 && strcmp(url->scheme, "https") != 0)
        return arena_printf(walk->mem,
                            "Invalid protocol scheme in redirect target. Only \"http\" and "
                            "\"https\" protocol schemes are supported, not \"%s\"",
                            url->scheme);
    if (url->port && url->port != v->http_port && url->port != v->https_port)
        return arena_printf(walk->mem,
                            "Invalid port in redirect target. Only ports %u and %u are supported, "
                            "not %lld",
                            v->http_port, v->https_port, (long long)url->port);
    if (strlen(url->path) > CA_REDIRECT_PATH_MAX)
        return "Redirect target too long";
    return host_refusal(walk->mem, url->host);
}

static bool was_seen(const struct walk *walk, const char *url)
{
    for (size_t i = 0; i < walk->hops; i++) {
        if (strcmp(walk->seen[i], url) == 0)
            return true;
    }
    return false;
}

static bool refuse_redirect(const struct walk *walk, const char *url, const char *reason,
                            struct ca_problem *problem)
{
    return ca_refuse(problem, CA_PROBLEM_CONNECTION, "%s: Fetching %s: %s", walk->used, url,
                     reason);
}

static uint16_t port_of(const struct ca_validator *v, const struct ca_url *url)
{
    if (url->port)
        return (uint16_t)url->port;
    return strcmp(url->scheme, "https") == 0 ? v->https_port : v->http_port;
}

static bool follow(const struct walk *walk, const char *location, struct hop *hop,
                   struct ca_problem *problem)
{
    const char *from = hop->url, *refusal;
    struct ca_url url;

    if (!location || !ca_url_parse(walk->mem, location, &url))
        return refuse_redirect(walk, from, "Invalid or missing redirect target", problem);
    refusal = target_refusal(walk, &url);
    if (*refusal)
        return refuse_redirect(walk, location, refusal, problem);
    if (walk->hops > CA_REDIRECTS_MAX)
        return refuse_redirect(walk, location, "Too many redirects", problem);
    if (was_seen(walk, location))
        return refuse_redirect(walk, location, "Redirect loop detected", problem);
    *hop = (struct hop){.url = location, .host = url.host, .port = port_of(walk->validator, &url)};
    return true;
}

/* --- the challenge --------------------------------------------------------------------------- */

static bool walk_to_answer(struct walk *walk, struct hop *hop, struct ca_fetched *out,
                           struct ca_problem *problem)
{
    for (;;) {
        walk->seen[walk->hops++] = hop->url;
        if (!get_any(walk, hop, out, problem))
            return false;
        if (!is_redirect(out->status))
            return true;
        if (!follow(walk, out->location, hop, problem))
            return false;
    }
}

static bool check_answer(const struct walk *walk, const struct hop *hop,
                         const struct ca_fetched *answer, const char *expected,
                         struct ca_problem *problem)
{
    const char *body = (const char *)answer->body.data;
    size_t len = answer->body.len;

    if (answer->status != 200)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED, "%s: Invalid response from %s: %d",
                         walk->used, hop->url, answer->status);
    if (len >= CA_FETCH_BODY_MAX)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED, "%s: Invalid response from %s: \"%s\"",
                         walk->used, hop->url, body);
    while (len && isspace((unsigned char)body[len - 1]))
        len--;
    if (slice_eq_str(slice_of(body, len), expected))
        return true;
    return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                     "The key authorization file from the server did not match this challenge. "
                     "Expected \"%s\" (got \"%.*s\")",
                     expected, (int)len, body);
}

bool ca_http01_prove(struct arena *mem, const struct ca_validator *validator,
                     const struct ca_control *control, json_t *record, struct ca_problem *problem)
{
    struct walk walk = {.mem = mem,
                        .validator = validator,
                        .record = record,
                        .until_ms = clock_boot_ms() + CA_VALIDATION_ALL_MS,
                        .used = ""};
    struct hop hop = {
        .url = arena_printf(mem, "http://%s" PATH_PREFIX "%s", control->name, control->token),
        .host = control->name,
        .port = validator->http_port};
    struct ca_fetched answer;

    return walk_to_answer(&walk, &hop, &answer, problem) &&
           check_answer(&walk, &hop, &answer, control->key_authorization, problem);
}
