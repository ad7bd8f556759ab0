/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/resolver.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unbound.h>
#include <unistd.h>

#include "base/clock.h"
#include "dns/packet.h"

#define IDLE_MAX       32
#define CONFIG_MAX     256
#define RCODE_SERVFAIL 2

struct idle {
    struct ub_ctx *ctx;
    int64_t made_at; /* clock_boot_ms() */
};

/* Contexts for the same age of answers, that nobody asks just now. */
struct idle_list {
    struct idle items[IDLE_MAX];
    size_t count;
};

struct resolver {
    struct resolver_options options; /* texts are copies of its own */
    char *forwarder, *anchor_file, *anchor;
    pthread_mutex_t lock; /* of the idle contexts */
    struct idle_list idle[DNS_AGE_COUNT];
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

/* ---- contexts of libunbound ---- */

/* Beside these nothing is ever set: a wrong value of an option makes libunbound crash at use. The
 * real time to live is seen only without cache-max-ttl. */
static const struct {
    const char *name, *value;
    bool is_for_forwarder, is_for_recent;
} settings[] = {
    {"do-not-query-localhost:", "no", true, false},
    {"cache-max-ttl:", "60", false, true},
    {"edns-buffer-size:", "1232", false, false},
};

/* Zones that libunbound would answer from itself. */
static const char *const own_zones[] = {"test.", "invalid."};

/* Whether a context may be asked again. A fresh answer needs one that keeps nothing: that is what
 * is told of a forwarder below, and cannot be told of the keys that validation keeps. */
static bool is_reusable(const struct resolver *resolver, enum dns_age age)
{
    return age == DNS_RECENT ||
           (resolver->forwarder && !resolver->anchor && !resolver->anchor_file);
}

/* Of the library's reader of files, which has one state for the whole process. */
static pthread_mutex_t reader_lock = PTHREAD_MUTEX_INITIALIZER;

/* There is no option for this, only a clause of a file. */
static int forward_uncached(struct ub_ctx *ctx, const char *forwarder)
{
    char text[CONFIG_MAX], path[32];
    int fd = memfd_create("forward", MFD_CLOEXEC), code = UB_READFILE;
    int len = snprintf(text, sizeof(text),
                       "forward-zone:\n name: \".\"\n forward-addr: %s\n"
                       " forward-no-cache: yes\n",
                       forwarder);

    if (fd < 0)
        return code;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    pthread_mutex_lock(&reader_lock);
    if (write(fd, text, (size_t)len) == len)
        code = ub_ctx_config(ctx, path);
    pthread_mutex_unlock(&reader_lock);
    close(fd);
    return code;
}

static int set_forwarder(struct ub_ctx *ctx, const struct resolver *resolver, enum dns_age age)
{
    if (age == DNS_FRESH && is_reusable(resolver, age))
        return forward_uncached(ctx, resolver->forwarder);
    return ub_ctx_set_fwd(ctx, resolver->forwarder);
}

static int configure(struct ub_ctx *ctx, const struct resolver *resolver, enum dns_age age)
{
    int code = ub_ctx_async(ctx, 1);

    for (size_t i = 0; i < ARRAY_LEN(settings) && code == 0; i++)
        if ((!settings[i].is_for_forwarder || resolver->forwarder) &&
            (!settings[i].is_for_recent || age == DNS_RECENT))
            code = ub_ctx_set_option(ctx, settings[i].name, settings[i].value);
    if (code == 0)
        code = ub_ctx_debugout(ctx, NULL);
    if (code == 0 && resolver->forwarder)
        code = set_forwarder(ctx, resolver, age);
    if (code == 0 && resolver->anchor_file)
        code = ub_ctx_add_ta_file(ctx, resolver->anchor_file);
    if (code == 0 && resolver->anchor)
        code = ub_ctx_add_ta(ctx, resolver->anchor);
    /* The first of these ends the configuration: they come last. */
    for (size_t i = 0; i < ARRAY_LEN(own_zones) && code == 0; i++)
        code = ub_ctx_zone_remove(ctx, own_zones[i]);
    return code;
}

static bool context_new(const struct resolver *resolver, enum dns_age age, struct ub_ctx **out,
                        struct err *err)
{
    struct ub_ctx *ctx = ub_ctx_create();
    int code;

    if (!ctx)
        return err_set(err, ERR_DNS, "could not make a resolver: %s", strerror(errno));
    code = configure(ctx, resolver, age);
    if (code != 0) {
        bool is_anchor = code == UB_INITFAIL && (resolver->anchor || resolver->anchor_file);

        ub_ctx_delete(ctx);
        return err_set(err, ERR_CONFIG, "could not set up the resolver: %s",
                       is_anchor ? "the DNSSEC trust anchor cannot be used" : ub_strerror(code));
    }
    *out = ctx;
    return true;
}

static bool take_context(struct resolver *resolver, enum dns_age age, struct idle *out,
                         struct err *err)
{
    struct idle_list *idle = &resolver->idle[age];
    int64_t now = clock_boot_ms();

    out->ctx = NULL;
    pthread_mutex_lock(&resolver->lock);
    while (!out->ctx && idle->count > 0) {
        *out = idle->items[--idle->count];
        if (now - out->made_at < RESOLVER_RECENT_S * 1000)
            break;
        ub_ctx_delete(out->ctx);
        out->ctx = NULL;
    }
    pthread_mutex_unlock(&resolver->lock);
    if (out->ctx)
        return true;
    out->made_at = now;
    return context_new(resolver, age, &out->ctx, err);
}

static void put_context(struct resolver *resolver, enum dns_age age, struct idle context)
{
    struct idle_list *idle = &resolver->idle[age];
    bool is_kept = false;

    pthread_mutex_lock(&resolver->lock);
    if (is_reusable(resolver, age) && idle->count < IDLE_MAX) {
        idle->items[idle->count++] = context;
        is_kept = true;
    }
    pthread_mutex_unlock(&resolver->lock);
    if (!is_kept)
        ub_ctx_delete(context.ctx);
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

static bool check_options(const struct resolver *resolver, struct err *err)
{
    const char *offline = getenv("LATCHKEY_OFFLINE");

    if (resolver->forwarder && !is_forwarder(resolver->forwarder))
        return err_set(err, ERR_CONFIG, "\"%.80s\" is not a DNS forwarder: address@port is wanted",
                       resolver->forwarder);
    if (!resolver->forwarder && (resolver->options.is_offline || (offline && offline[0])))
        return err_set(err, ERR_CONFIG,
                       "cannot resolve names: no DNS forwarder is set, and "
                       "nothing may be asked outside this machine");
    if (resolver->anchor_file && access(resolver->anchor_file, R_OK) != 0)
        return err_errno(err, ERR_CONFIG, errno, "could not read the DNSSEC trust anchor in %s",
                         resolver->anchor_file);
    return true;
}

static char *copy(const char *text)
{
    return text && text[0] ? strdup(text) : NULL;
}

bool resolver_new(const struct resolver_options *options, struct resolver **out, struct err *err)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));
    struct idle first;

    assert(resolver);
    resolver->options = *options;
    resolver->forwarder = copy(options->forwarder);
    resolver->anchor_file = copy(options->trust_anchor_file);
    resolver->anchor = copy(options->trust_anchor);
    if (resolver->options.timeout_ms == 0)
        resolver->options.timeout_ms = RESOLVER_TIMEOUT_MS;
    pthread_mutex_init(&resolver->lock, NULL);
    if (!check_options(resolver, err) || !take_context(resolver, DNS_RECENT, &first, err)) {
        resolver_free(resolver);
        return false;
    }
    put_context(resolver, DNS_RECENT, first);
    *out = resolver;
    return true;
}

void resolver_free(struct resolver *resolver)
{
    for (size_t age = 0; age < DNS_AGE_COUNT; age++) {
        for (size_t i = 0; i < resolver->idle[age].count; i++)
            ub_ctx_delete(resolver->idle[age].items[i].ctx);
    }
    pthread_mutex_destroy(&resolver->lock);
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
    struct idle idle;
    bool is_asked;

    assert(batch->count <= RESOLVER_BATCH_MAX);
    if (!take_context(resolver, batch->age, &idle, err))
        return false;
    is_asked = ask_once(mem, idle.ctx, batch, deadline, err) &&
               find_loops(mem, idle.ctx, batch, deadline, err);
    /* what a context has learnt of servers that fail it would tell again for a while */
    if (batch->age == DNS_FRESH && !(is_asked && is_all_answered(batch)))
        ub_ctx_delete(idle.ctx);
    else
        put_context(resolver, batch->age, idle);
    return is_asked;
}
