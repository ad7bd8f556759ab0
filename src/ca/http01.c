/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/http01.h"

#include "base/clock.h"
#include "ca/failure.h"
#include "ca/fetch.h"
#include "ca/host.h"
#include "ca/quote.h"
#include "ca/redirect.h"

#define PATH_PREFIX "/.well-known/acme-challenge/"
#define HOPS_MAX    (CA_REDIRECTS_MAX + 2) /* with the first request, and the first again by IPv4 */

/* A request, and where it goes. */
struct hop {
    const char *url; /* the port stands in it only when a redirect named it */
    struct ca_host host;
    const struct address *address;
    uint16_t port;
};

struct walk {
    struct arena *mem;
    const struct ca_validator *validator;
    json_t *record;
    int64_t until_ms;      /* clock_boot_ms() */
    struct hop hop, again; /* again: when nothing could be dialled; url NULL: no more */
    const char *seen[HOPS_MAX];
    size_t seen_count;
    int redirects;
};

static const char *used(const struct walk *walk)
{
    char text[ADDRESS_TEXT_SIZE];

    return arena_strdup(walk->mem, address_text(walk->hop.address, text));
}

/* About `url`, which could not be fetched. */
static bool refuse_url(const struct walk *walk, enum ca_problem_type type, const char *url,
                       const char *reason, struct ca_problem *problem)
{
    return ca_refuse(problem, type, "%s: Fetching %s: %s", used(walk), url, reason);
}

/* --- one request ----------------------------------------------------------------------------- */

static int64_t time_left(const struct walk *walk)
{
    int64_t left = walk->until_ms - clock_boot_ms();
    int64_t most =
        walk->validator->timeout_ms ? walk->validator->timeout_ms : (int64_t)CA_VALIDATION_MS;

    return left < CA_VALIDATION_LEAST_MS ? CA_VALIDATION_LEAST_MS : left < most ? left : most;
}

static void get(struct walk *walk, struct ca_fetched *out)
{
    const struct hop *hop = &walk->hop;
    const struct ca_fetch wish = {.url = hop->url,
                                  .address = *hop->address,
                                  .port = hop->port,
                                  .timeout_ms = time_left(walk)};
    json_t *entry = ca_host_record(&hop->host, hop->port, hop->address);

    json_object_set_new(entry, "url", json_string(hop->url));
    json_array_append_new(walk->record, entry);
    walk->seen[walk->seen_count++] = hop->url;
    ca_fetch(walk->mem, &wish, out);
}

/* --- redirects ------------------------------------------------------------------------------- */

/* By a redirect without a place to go to nothing is asked for: it is an answer. */
static bool is_redirect(const struct ca_fetched *answer)
{
    static const int statuses[] = {301, 302, 303, 307, 308};

    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        if (answer->status == statuses[i])
            return answer->location && *answer->location;
    }
    return false;
}

static bool was_seen(const struct walk *walk, const char *url)
{
    for (size_t i = 0; i < walk->seen_count; i++) {
        if (strcmp(walk->seen[i], url) == 0)
            return true;
    }
    return false;
}

/* NULL: it is followed. */
static const char *refusal_of(const struct walk *walk, const struct ca_fetched *answer,
                              const struct ca_place *place)
{
    const char *refusal;

    if (walk->redirects == CA_REDIRECTS_MAX)
        return "Too many redirects";
    if (answer->status == 303)
        return "received disallowed redirect status code";
    refusal = ca_redirect_refusal(walk->mem, walk->validator, place);
    if (!refusal && was_seen(walk, place->url))
        return "Redirect loop detected";
    return refusal;
}

static bool find_host(const struct walk *walk, const char *name, struct ca_host *out,
                      struct ca_problem *problem)
{
    struct address address;
    struct err err;

    if (!address_parse(name, &address, &err))
        return ca_host_find(walk->mem, walk->validator, name, out, problem);
    *out = ca_host_of(walk->mem, &address);
    return true;
}

static bool follow(struct walk *walk, const struct ca_fetched *answer, struct ca_problem *problem)
{
    const char *location = answer->location, *refusal;
    struct ca_problem about_host;
    struct ca_place place;
    struct ca_host host;

    if (!ca_redirect_read(walk->mem, walk->hop.url, location, &place))
        return refuse_url(walk, CA_PROBLEM_CONNECTION, walk->hop.url, CA_FAILURE_OTHER, problem);
    refusal = refusal_of(walk, answer, &place);
    if (refusal)
        return refuse_url(walk, CA_PROBLEM_CONNECTION, location, refusal, problem);
    if (!find_host(walk, place.host, &host, &about_host))
        return refuse_url(walk, about_host.type, location, about_host.detail, problem);
    walk->redirects++;
    walk->hop = (struct hop){.url = place.url,
                             .host = host,
                             .address = host.tried[0],
                             .port = ca_redirect_port(walk->validator, &place)};
    return true;
}

/* --- the challenge --------------------------------------------------------------------------- */

/* From the beginning, by the other address of the first host. */
static bool begin_again(struct walk *walk)
{
    if (!walk->again.url)
        return false;
    walk->hop = walk->again;
    walk->again.url = NULL;
    return true;
}

static bool walk_to_answer(struct walk *walk, struct ca_fetched *out, struct ca_problem *problem)
{
    for (;;) {
        get(walk, out);
        if (out->result == CA_FETCH_DIAL && begin_again(walk))
            continue;
        if (out->result != CA_FETCH_DONE)
            return refuse_url(walk, out->type, walk->hop.url, out->reason, problem);
        if (!is_redirect(out))
            return true;
        if (!follow(walk, out, problem))
            return false;
    }
}

/* White space of Unicode, as UTF-8, that may stand at the end. */
static const char *const spaces[] = {" ",
                                     "\t",
                                     "\n",
                                     "\v",
                                     "\f",
                                     "\r",
                                     "\xc2\x85",
                                     "\xc2\xa0",
                                     "\xe1\x9a\x80",
                                     "\xe2\x80\x80",
                                     "\xe2\x80\x81",
                                     "\xe2\x80\x82",
                                     "\xe2\x80\x83",
                                     "\xe2\x80\x84",
                                     "\xe2\x80\x85",
                                     "\xe2\x80\x86",
                                     "\xe2\x80\x87",
                                     "\xe2\x80\x88",
                                     "\xe2\x80\x89",
                                     "\xe2\x80\x8a",
                                     "\xe2\x80\xa8",
                                     "\xe2\x80\xa9",
                                     "\xe2\x80\xaf",
                                     "\xe2\x81\x9f",
                                     "\xe3\x80\x80"};

static struct slice trimmed(struct slice body)
{
    for (size_t i = 0; i < ARRAY_LEN(spaces); i++) {
        size_t len = strlen(spaces[i]);

        if (body.len >= len && memcmp(body.data + body.len - len, spaces[i], len) == 0)
            return trimmed(slice_of(body.data, body.len - len));
    }
    return body;
}

static bool check_body(const struct walk *walk, const struct ca_fetched *answer,
                       const char *expected, struct ca_problem *problem)
{
    struct slice body = trimmed(answer->body);

    if (slice_eq_str(body, expected))
        return true;
    return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                     "The key authorization file from the server did not match this challenge. "
                     "Expected \"%s\" (got %s)",
                     expected, ca_quoted(walk->mem, body));
}

static bool check_answer(const struct walk *walk, const struct ca_fetched *answer,
                         const char *expected, struct ca_problem *problem)
{
    const char *url = walk->hop.url;

    if (answer->status != 200)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED, "%s: Invalid response from %s: %d",
                         used(walk), url, answer->status);
    if (answer->broken)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         "%s: Error reading HTTP response body: %s", used(walk), answer->broken);
    if (answer->body.len >= CA_FETCH_BODY_MAX)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED, "%s: Invalid response from %s: %s",
                         used(walk), url, ca_quoted(walk->mem, answer->body));
    return check_body(walk, answer, expected, problem);
}

bool ca_http01_prove(struct arena *mem, const struct ca_validator *validator,
                     const struct ca_control *control, json_t *record, struct ca_problem *problem)
{
    struct walk walk = {.mem = mem,
                        .validator = validator,
                        .record = record,
                        .until_ms = clock_boot_ms() + CA_VALIDATION_ALL_MS};
    struct hop *hop = &walk.hop;
    struct ca_fetched answer;

    hop->url = arena_printf(mem, "http://%s" PATH_PREFIX "%s", control->name, control->token);
    hop->port = validator->http_port;
    if (!ca_host_find(mem, validator, control->name, &hop->host, problem))
        return false;
    hop->address = hop->host.tried[0];
    if (hop->host.tried[1]) {
        walk.again = *hop;
        walk.again.address = hop->host.tried[1];
    }
    return walk_to_answer(&walk, &answer, problem) &&
           check_answer(&walk, &answer, control->key_authorization, problem);
}
