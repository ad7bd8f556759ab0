/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/resolver.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "dns/context.h"
#include "dns/packet.h"

#define RCODE_SERVFAIL 2

struct resolver {
    struct resolver_options options; /* with the texts that follow, NULL for "" */
    char *forwarder, *anchor_file, *anchor;
    struct context_pool *contexts;
};

/* One look-up of a batch. */
struct lookup {
    int id;
    bool is_done, is_started;
    int error;
    struct ub_result *result;
};

#define X(id, number) {DNS_TYPE_##id, #id},
static const struct {
    enum dns_type type;
    const char *name;
} type_names[] = {DNS_TYPES(X)};
#undef X

#define X(id, name) [DNS_REPLY_##id] = name,
static const char *const reply_names[DNS_REPLY_COUNT] = {DNS_REPLIES(X)};
#undef X

static const char *const rcode_names[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                          "NXDOMAIN", "NOTIMP",  "REFUSED"};

const char *dns_type_name(enum dns_type type)
{
    for (size_t i = 0; i < ARRAY_LEN(type_names); i++)
        if (type_names[i].type == type)
            return type_names[i].name;
    return "TYPE?";
}

const char *dns_reply_name(enum dns_reply reply)
{
    return reply_names[reply];
}

const char *dns_rcode_name(int rcode)
{
    if (rcode < 0)
        return "no answer";
    return (size_t)rcode < ARRAY_LEN(rcode_names) ? rcode_names[rcode] : "another rcode";
}

/* ---- making and freeing ---- */

/* "192.0.2.1", "192.0.2.1@53", "2001:db8::1@53" */
static bool is_forwarder(const char *text)
{
    const char *at = strchr(text, '@');
    char host[INET6_ADDRSTRLEN];
    unsigned char octets[16];
    int64_t port;

    if (snprintf(host, sizeof(host), "%.*s", at ? (int)(at - text) : (int)sizeof(host), text) >=
        (int)sizeof(host))
        return false;
    if (at && !slice_i64(slice_str(at + 1), 1, 65535, &port))
        return false;
    return inet_pton(AF_INET, host, octets) == 1 || inet_pton(AF_INET6, host, octets) == 1;
}

static bool check_options(const struct resolver_options *options, struct err *err)
{
    const char *offline = getenv("LATCHKEY_OFFLINE");

    if (options->forwarder && !is_forwarder(options->forwarder))
        return err_set(err, ERR_CONFIG, "\"%.80s\" is not a DNS forwarder: address@port is wanted",
                       options->forwarder);
    if (!options->forwarder && (options->is_offline || (offline && offline[0])))
        return err_set(err, ERR_CONFIG,
                       "cannot resolve names: no DNS forwarder is set, and "
                       "nothing may be asked outside this machine");
    if (options->trust_anchor_file && access(options->trust_anchor_file, R_OK) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not read the DNSSEC trust anchor in %s",
                         options->trust_anchor_file);
    return true;
}

static char *copy(const char *text)
{
    return text && text[0] ? strdup(text) : NULL;
}

static struct resolver *resolver_of(const struct resolver_options *options)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));

    assert(resolver);
    resolver->forwarder = copy(options->forwarder);
    resolver->anchor_file = copy(options->trust_anchor_file);
    resolver->anchor = copy(options->trust_anchor);
    resolver->options = *options;
    resolver->options.forwarder = resolver->forwarder;
    resolver->options.trust_anchor_file = resolver->anchor_file;
    resolver->options.trust_anchor = resolver->anchor;
    if (resolver->options.timeout_ms == 0)
        resolver->options.timeout_ms = RESOLVER_TIMEOUT_MS;
    resolver->contexts = context_pool_new(&resolver->options);
    return resolver;
}

bool resolver_new(const struct resolver_options *options, struct resolver **out, struct err *err)
{
    struct resolver *resolver = resolver_of(options);
    struct context first;

    if (!check_options(&resolver->options, err) ||
        !context_take(resolver->contexts, DNS_RECENT, &first, err)) {
        resolver_free(resolver);
        return false;
    }
    context_put(resolver->contexts, first, true);
    *out = resolver;
    return true;
}

void resolver_free(struct resolver *resolver)
{
    context_pool_free(resolver->contexts);
    free(resolver->forwarder);
    free(resolver->anchor_file);
    free(resolver->anchor);
    free(resolver);
}

const char *resolver_name(const struct resolver *resolver)
{
    return resolver->forwarder ? resolver->forwarder : "recursion";
}

/* ---- look-ups ---- */

static void take_result(void *arg, int error, struct ub_result *result)
{
    struct lookup *lookup = arg;

    lookup->is_done = true;
    lookup->error = error;
    lookup->result = result;
}

static bool is_all_done(const struct lookup *lookups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (lookups[i].is_started && !lookups[i].is_done)
            return false;
    return true;
}

static bool start_all(struct ub_ctx *ctx, const struct dns_query *queries, size_t count,
                      struct lookup *lookups, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        int code = ub_resolve_async(ctx, queries[i].name, (int)queries[i].type, 1, &lookups[i],
                                    take_result, &lookups[i].id);

        if (code != 0)
            return err_set(err, ERR_DNS, "could not look up %.260s: %s", queries[i].name,
                           ub_strerror(code));
        lookups[i].is_started = true;
    }
    return true;
}

static bool wait_all(struct ub_ctx *ctx, const struct lookup *lookups, size_t count,
                     int64_t deadline, struct err *err)
{
    while (!is_all_done(lookups, count)) {
        struct pollfd fd = {.fd = ub_fd(ctx), .events = POLLIN};
        int64_t left = deadline - clock_boot_ms();
        int code;

        if (left <= 0)
            return true;
        if (poll(&fd, 1, (int)left) < 0 && errno != EINTR)
            return err_errno(err, ERR_DNS, errno, "could not wait for DNS");
        code = ub_process(ctx);
        if (code != 0)
            return err_set(err, ERR_DNS, "could not look up names: %s", ub_strerror(code));
    }
    return true;
}

static bool check_names(const struct dns_query *queries, const struct lookup *lookups, size_t count,
                        struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (lookups[i].is_done && lookups[i].error == UB_SYNTAX)
            return err_set(err, ERR_BAD_INPUT, "\"%.260s\" cannot be looked up: not a name",
                           queries[i].name);
    return true;
}

static void cancel_rest(struct ub_ctx *ctx, struct lookup *lookups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (lookups[i].is_started && !lookups[i].is_done)
            ub_cancel(ctx, lookups[i].id);
}

static void read_answer(struct arena *mem, const struct lookup *lookup, struct dns_answer *answer)
{
    const struct ub_result *result = lookup->result;

    answer->rcode = -1;
    answer->reply = DNS_REPLY_TIMEOUT;
    if (!lookup->is_done)
        return;
    answer->reply = DNS_REPLY_SERVFAIL;
    answer->rcode = RCODE_SERVFAIL;
    if (lookup->error != 0 || !result)
        return;
    if (result->answer_packet)
        packet_read(mem, slice_of(result->answer_packet, (size_t)result->answer_len), answer);
    answer->ttl = result->ttl > 0 ? (uint32_t)result->ttl : 0;
    answer->security = result->secure ? DNS_SECURE : DNS_INSECURE;
    if (!result->bogus)
        return;
    /* What it holds may be forged: nobody gets to see it. */
    *answer = (struct dns_answer){.query = answer->query,
                                  .reply = DNS_REPLY_BOGUS,
                                  .rcode = RCODE_SERVFAIL,
                                  .took_ms = answer->took_ms};
    answer->why_bogus =
        arena_strdup(mem, result->why_bogus ? result->why_bogus : "no reason given");
}

static bool ask_once(struct arena *mem, struct ub_ctx *ctx, const struct dns_batch *batch,
                     int64_t deadline, struct err *err)
{
    struct lookup lookups[RESOLVER_BATCH_MAX] = {0};
    const struct dns_query *queries = batch->queries;
    size_t count = batch->count;
    int64_t began = clock_boot_ms();
    bool is_asked = start_all(ctx, queries, count, lookups, err) &&
                    wait_all(ctx, lookups, count, deadline, err) &&
                    check_names(queries, lookups, count, err);

    cancel_rest(ctx, lookups, count);
    for (size_t i = 0; i < count; i++) {
        if (is_asked) {
            batch->answers[i] =
                (struct dns_answer){.query = queries[i], .took_ms = clock_boot_ms() - began};
            read_answer(mem, &lookups[i], &batch->answers[i]);
        }
        ub_resolve_free(lookups[i].result);
    }
    return is_asked;
}

/* libunbound says SERVFAIL of a chain of CNAMEs without an end. Go along it step by step to tell it
 * from servers that fail. */
static bool find_loop(struct arena *mem, struct ub_ctx *ctx, struct dns_answer *answer,
                      int64_t deadline, struct err *err)
{
    struct dns_record *chain = arena_array_of(mem, RESOLVER_CHAIN_MAX, struct dns_record);
    struct dns_query step = {answer->query.name, DNS_TYPE_CNAME};
    struct dns_answer got;

    for (size_t i = 0; i < RESOLVER_CHAIN_MAX; i++) {
        if (!ask_once(mem, ctx, &(struct dns_batch){.count = 1, .queries = &step, .answers = &got},
                      deadline, err))
            return false;
        if (got.reply != DNS_REPLY_RECORDS)
            return true;
        chain[i] = got.records[0];
        step.name = got.records[0].name;
    }
    answer->reply = DNS_REPLY_LOOP;
    answer->chain = chain;
    answer->chain_count = RESOLVER_CHAIN_MAX;
    return true;
}

static bool find_loops(struct arena *mem, struct ub_ctx *ctx, const struct dns_batch *batch,
                       int64_t deadline, struct err *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct dns_answer *answer = &batch->answers[i];

        if (answer->reply == DNS_REPLY_SERVFAIL && answer->query.type != DNS_TYPE_CNAME &&
            !find_loop(mem, ctx, answer, deadline, err))
            return false;
    }
    return true;
}

static bool is_all_answered(const struct dns_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        enum dns_reply reply = batch->answers[i].reply;

        if (reply != DNS_REPLY_RECORDS && reply != DNS_REPLY_NODATA && reply != DNS_REPLY_NXDOMAIN)
            return false;
    }
    return true;
}

bool resolver_ask(struct arena *mem, struct resolver *resolver, const struct dns_batch *batch,
                  struct err *err)
{
    int64_t deadline = clock_boot_ms() + resolver->options.timeout_ms;
    struct context context;
    bool is_asked;

    assert(batch->count <= RESOLVER_BATCH_MAX);
    if (!context_take(resolver->contexts, batch->age, &context, err))
        return false;
    is_asked = ask_once(mem, context.ctx, batch, deadline, err) &&
               find_loops(mem, context.ctx, batch, deadline, err);
    context_put(resolver->contexts, context, is_asked && is_all_answered(batch));
    return is_asked;
}
