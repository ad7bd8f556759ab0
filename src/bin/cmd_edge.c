/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/expected.h"
#include "base/log.h"
#include "base/random.h"
#include "bin/commands.h"
#include "check/resolve_host.h"
#include "dns/resolver.h"
#include "feed/agent.h"
#include "feed/vantage_point.h"

/* The token as it stands in its file, without white space around it. */
static bool read_token(const char *path, struct secret *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    ssize_t len;

    if (fd < 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot open edge.token_file %s", path);
    len = fstat(fd, &st) == 0 ? read(fd, out->data, sizeof(out->data)) : -1;
    close(fd);
    if (len < 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot read edge.token_file %s", path);
    if (st.st_mode & 077)
        return err_set(err, ERR_CONFIG, "edge.token_file %s may be read by others: chmod 0600",
                       path);
    while (len > 0 && strchr(" \t\r\n", out->data[len - 1]))
        len--;
    out->len = (size_t)len;
    for (ssize_t i = 0; i < len; i++)
        if (out->data[i] <= ' ' || out->data[i] > '~')
            len = 0;
    return len > 0 || err_set(err, ERR_CONFIG, "edge.token_file %s holds no token", path);
}

/* Made when the feed's host turns out to be a name. */
struct lookup {
    const struct config *config;
    pthread_mutex_t lock; /* of making it */
    struct resolver *resolver;
};

static bool open_resolver(const struct config *config, int64_t timeout_ms, struct resolver **out,
                          struct err *err)
{
    const struct resolver_options options = {
        .forwarder = config->dns.forwarder,
        .trust_anchor_file = config->dns.trust_anchor,
        .timeout_ms = timeout_ms,
    };

    return resolver_new(&options, out, err);
}

static bool make_resolver(struct lookup *lookup, struct err *err)
{
    bool is_made;

    pthread_mutex_lock(&lookup->lock);
    is_made = lookup->resolver ||
              open_resolver(lookup->config, lookup->config->dns.timeout_ms, &lookup->resolver, err);
    pthread_mutex_unlock(&lookup->lock);
    return is_made;
}

static bool resolve(void *arg, const char *host, struct address *out, size_t *count,
                    struct err *err)
{
    struct lookup *lookup = arg;

    return make_resolver(lookup, err) && resolve_host(lookup->resolver, host, out, count, err);
}

static void log_report(const struct agent_report *report)
{
    const struct feed_page_result *pages = &report->pages;

    if (report->is_snapshot || pages->stored > 0)
        LOG(INFO, report->is_snapshot ? "edge.snapshot" : "edge.records",
            KI("stored", pages->stored), KI("dropped", pages->dropped),
            KI("epoch", report->state.epoch), KI("seq", report->state.seq));
    if (pages->older > 0)
        LOG(WARN, "edge.older_records_refused", KI("count", pages->older));
    if (pages->unknown_origin > 0)
        LOG(ERROR, "edge.unknown_origin_refused", KI("count", pages->unknown_origin));
    if (report->is_snapshot && report->in_doubt > 0)
        LOG(WARN, "edge.records_in_doubt", KI("count", report->in_doubt));
    if (report->freed_readers > 0)
        LOG(INFO, "edge.reader_slots_freed", KI("count", report->freed_readers));
}

static void sleep_ms(int64_t ms)
{
    const struct timespec span = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&span, NULL);
}

/* `vantage` NULL: it is none. Settings may have come with any turn. */
static void take_key(struct agent *agent, struct vantage_point *vantage)
{
    struct err err = {0};

    if (vantage && !vantage_point_take_key(vantage, agent_db(agent), &err))
        LOG(ERROR, "edge.check_key", KERR(&err));
}

/* Until it is killed: whatever moment that is, the LMDB is whole. */
_Noreturn static void follow(struct agent *agent, struct vantage_point *vantage)
{
    struct agent_report report;
    unsigned failures = 0;

    for (;;) {
        struct err err = {0};
        int64_t pause_ms;

        take_key(agent, vantage);
        if (agent_turn(agent, &report, &err)) {
            if (failures > 0)
                LOG(INFO, "edge.following_again", KI("failures", failures));
            failures = 0;
            log_report(&report);
            pause_ms = report.pause_ms;
        } else {
            pause_ms = agent_pause_ms(++failures, (unsigned)random_below(1000));
            LOG(ERROR, "edge.feed_failed", KERR(&err), KI("failures", failures),
                KI("pause_ms", pause_ms));
        }
        if (pause_ms > 0)
            sleep_ms(pause_ms);
    }
}

static bool parse_all(struct arena *mem, const struct config_list *texts,
                      const struct address **out, size_t *count, struct err *err)
{
    struct address *list = arena_array_of(mem, texts->count, struct address);

    for (size_t i = 0; i < texts->count; i++)
        if (!address_parse(texts->items[i], &list[i], err))
            return false;
    *out = list;
    *count = texts->count;
    return true;
}

/* *out NULL unless this edge is one. */
static bool start_vantage(struct arena *mem, const struct config *config,
                          const struct agent_options *agent, struct vantage_point **out,
                          struct err *err)
{
    struct vantage_point_options *options = arena_new_of(mem, struct vantage_point_options);
    struct vantage_place *place = &options->place;
    struct check_expected *expected = &place->expected;

    *options = (struct vantage_point_options){
        .feed = agent->feed,
        .region = *config->edge.region ? config->edge.region : config->edge.name,
        .group = agent->group,
        .keys_dir = agent->keys_dir,
        .place = {.http_port = (uint16_t)config->edge.http_port,
                  .https_port = (uint16_t)config->edge.https_port},
    };
    *out = NULL;
    if (!config->edge.vantage)
        return true;
    if (!*options->region)
        return err_set(err, ERR_CONFIG, "edge.vantage needs an edge.region, or an edge.name");
    return (!config->edge.vantage_dns ||
            open_resolver(config, VANTAGE_DNS_MS, &place->resolver, err)) &&
           app_check_reach(mem, config, &place->reach, err) &&
           parse_all(mem, &config->edge.ipv4, &expected->ipv4, &expected->ipv4_count, err) &&
           parse_all(mem, &config->edge.ipv6, &expected->ipv6, &expected->ipv6_count, err) &&
           vantage_point_start(options, out, err);
}

static bool edge_run(struct arena *mem, const struct config *config, struct err *err)
{
    const char *url = *config->edge.feed_url ? config->edge.feed_url : config->web.public_url;
    const char *ca_file =
        *config->edge.feed_ca_file ? config->edge.feed_ca_file : config->tls.trust_store;
    struct secret token = {0};
    struct lookup lookup = {.config = config, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct vantage_point *vantage;
    struct agent *agent;
    const struct agent_options options = {
        .feed = {.url = url,
                 .ca_file = ca_file,
                 .token = &token,
                 .resolve = resolve,
                 .resolve_arg = &lookup},
        .group = config->edge.group,
        .lmdb_dir = config->edge.lmdb_dir,
        .map_max = (size_t)config->edge.map_max_mb << 20,
        .keys_dir = config->signer.keys_dir,
    };

    if (!read_token(config->edge.token_file, &token, err) || !agent_new(&options, &agent, err) ||
        !start_vantage(mem, config, &options, &vantage, err))
        return false;
    LOG(INFO, "edge.ready", KS("name", config->edge.name), KS("feed", url),
        KS("lmdb", options.lmdb_dir), KI("vantage", config->edge.vantage));
    follow(agent, vantage);
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct cli_words input = {0};
    const struct config *config;
    struct err err = {0};

    argp_parse(cmd_edge.argp, argc, argv, 0, NULL, &input);
    if (!cli_config(mem, &input.common, &config, &err))
        return cli_failed(&input.common, &err);
    log_set_up(config->log.level, config->log.format);
    return edge_run(mem, config, &err) ? CLI_DONE : cli_failed(&input.common, &err);
}

static const struct argp argp = {
    .parser = cli_words_parse,
    .doc = "Copies the feed of its group into the records that nginx reads, until it is killed.",
    .children = cli_words_children,
};

const struct cli_command cmd_edge = {"edge", "keep the records of one edge in step", &argp, run};
