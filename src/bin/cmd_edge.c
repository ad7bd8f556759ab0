/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "bin/commands.h"
#include "check/resolve_host.h"
#include "dns/resolver.h"
#include "feed/agent.h"

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
    struct resolver *resolver;
};

static bool resolve(void *arg, const char *host, struct address *out, size_t *count,
                    struct err *err)
{
    struct lookup *lookup = arg;
    const struct resolver_options options = {
        .forwarder = lookup->config->dns.forwarder,
        .trust_anchor_file = lookup->config->dns.trust_anchor,
        .timeout_ms = lookup->config->dns.timeout_ms,
    };

    return (lookup->resolver || resolver_new(&options, &lookup->resolver, err)) &&
           resolve_host(lookup->resolver, host, out, count, err);
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

/* Until it is killed: whatever moment that is, the LMDB is whole. */
_Noreturn static void follow(struct agent *agent)
{
    struct agent_report report;
    unsigned failures = 0;

    for (;;) {
        struct err err = {0};
        int64_t pause_ms;

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

static bool edge_run(const struct config *config, struct err *err)
{
    struct secret token = {0};
    struct lookup lookup = {.config = config};
    struct agent *agent;
    const struct agent_options options = {
        .feed_url = *config->edge.feed_url ? config->edge.feed_url : config->web.public_url,
        .ca_file = *config->edge.feed_ca_file ? config->edge.feed_ca_file : config->tls.trust_store,
        .group = config->edge.group,
        .lmdb_dir = config->edge.lmdb_dir,
        .map_max = (size_t)config->edge.map_max_mb << 20,
        .keys_dir = config->signer.keys_dir,
        .token = &token,
        .resolve = resolve,
        .resolve_arg = &lookup,
    };

    if (!read_token(config->edge.token_file, &token, err) || !agent_new(&options, &agent, err))
        return false;
    LOG(INFO, "edge.ready", KS("name", config->edge.name), KS("feed", options.feed_url),
        KS("lmdb", options.lmdb_dir));
    follow(agent);
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
    return edge_run(config, &err) ? CLI_DONE : cli_failed(&input.common, &err);
}

static const struct argp argp = {
    .parser = cli_words_parse,
    .doc = "Copies the feed of its group into the records that nginx reads, until it is killed.",
    .children = cli_words_children,
};

const struct cli_command cmd_edge = {"edge", "keep the records of one edge in step", &argp, run};
