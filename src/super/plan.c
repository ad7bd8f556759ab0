/* SPDX-License-Identifier: Apache-2.0 */
#include "super/plan.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "super/bootstrap.h"
#include "super/generate.h"

#define ARGS_MAX    12
#define SIGNER_FD   3
#define CA_INIT_MS  (INT64_C(12) * 3600 * 1000)
#define FIRST_ORDER 10

/* A NULL-terminated copy of what comes before the first NULL. */
static const char *const *words(struct arena *mem, const char *const *from)
{
    const char **copy = arena_array_of(mem, ARGS_MAX + 1, const char *);

    for (size_t i = 0; from[i]; i++) {
        assert(i < ARGS_MAX);
        copy[i] = from[i];
    }
    return copy;
}

#define WORDS(mem, ...) words((mem), (const char *const[]){__VA_ARGS__, NULL})

static struct child_spec *add(struct plan *plan, int order, const char *name)
{
    struct child_spec *child = &plan->children[plan->count++];

    assert(plan->count <= SUPER_CHILDREN_MAX);
    *child = (struct child_spec){.name = name, .order = order};
    return child;
}

static int store_step(void *arg)
{
    struct err err = {0};

    if (bootstrap(arg, &err))
        return 0;
    fprintf(stderr, "latchkey run: %s\n", err.text);
    return 1;
}

static void ca_init_add(struct plan *plan, const char *const *env)
{
    const struct layout *l = plan->layout;
    struct child_spec *step = add(plan, 3, "ca-init");

    step->ready = READY_EXIT;
    step->process.argv = WORDS(plan->mem, l->latchkey, "ca", "init", "--config", l->config_file);
    step->process.env = env;
    step->every_ms = CA_INIT_MS;
}

static void ca_add(struct plan *plan, const char *const *env)
{
    const struct layout *l = plan->layout;
    struct child_spec *ca = add(plan, 5, "ca");

    ca->process.argv = WORDS(plan->mem, l->latchkey, "ca", "serve", "--config", l->config_file);
    ca->process.env = env;
    ca->ready = READY_UNIX;
    ca->where = "ca.sock";
}

static void dns_add(struct plan *plan)
{
    const struct layout *l = plan->layout;
    struct child_spec *dns = add(plan, 4, "dns");

    dns->process.argv =
        WORDS(plan->mem, l->knotd, "-c", arena_printf(plan->mem, "%s/knot.conf", l->dns));
    /* a killed Knot's number may be another process's by now: then it would not start again */
    dns->process.leftover = arena_printf(plan->mem, "%s/knotd.lock", l->dns);
    dns->ready = READY_TCP;
    dns->where = layout_endpoint(plan->mem, "127.0.0.1", l->cfg->run.dns_port);
}

static void steps_add(struct plan *plan)
{
    const struct layout *l = plan->layout;
    struct child_spec *store = add(plan, 1, "store");
    struct child_spec *keys = add(plan, 2, "keys");

    store->ready = keys->ready = READY_EXIT;
    store->process.run = store_step;
    store->process.arg = arena_memdup(plan->mem, l, sizeof(*l));
    keys->process.argv =
        WORDS(plan->mem, l->latchkey, "signer", "init", "--config", l->config_file);
}

static const struct process_fd *signer_end(struct plan *plan, int fd)
{
    struct process_fd *given = arena_new_of(plan->mem, struct process_fd);

    *given = (struct process_fd){.fd = fd, .as = SIGNER_FD};
    return given;
}

/* Both ends stay open here, so that either side may be restarted. */
static bool daemons_add(struct plan *plan, struct err *err)
{
    const struct layout *l = plan->layout;
    struct child_spec *signer = add(plan, 4, "signer");
    struct child_spec *web = add(plan, 5, "web");
    struct child_spec *worker = add(plan, 5, "worker");
    const char *fd = arena_printf(plan->mem, "%d", SIGNER_FD);
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return err_errno(err, ERR_INTERNAL, errno, "could not make a socket");
    signer->process.argv =
        WORDS(plan->mem, l->latchkey, "signer", "--config", l->config_file, "--fd", fd);
    signer->process.fds = signer_end(plan, ends[0]);
    signer->process.fd_count = 1;
    worker->process.argv = WORDS(plan->mem, l->latchkey, "serve", "--role", "worker", "--config",
                                 l->config_file, "--signer-fd", fd);
    worker->process.fds = signer_end(plan, ends[1]);
    worker->process.fd_count = 1;
    web->process.argv =
        WORDS(plan->mem, l->latchkey, "serve", "--role", "web", "--config", l->config_file);
    web->ready = READY_UNIX;
    web->where = "web.sock";
    return true;
}

static void nginx_add(struct plan *plan, int order, const char *name, const char *conf,
                      const char *where)
{
    struct child_spec *nginx = add(plan, order, name);

    nginx->process.argv =
        WORDS(plan->mem, plan->layout->nginx, "-e", "stderr", "-p", plan->layout->run, "-c", conf);
    nginx->ready = READY_TCP;
    nginx->where = where;
}

static void edge_add(struct plan *plan, const struct config_run_edge *edge)
{
    struct arena *mem = plan->mem;
    const struct layout *l = plan->layout;
    const char *dir = generate_edge_dir(mem, l, edge->name);
    struct child_spec *agent = add(plan, 7, arena_printf(mem, "%s-agent", edge->name));

    agent->process.argv = WORDS(mem, l->latchkey, "edge", "--config", l->config_file);
    agent->process.env = WORDS(
        mem, arena_printf(mem, "LATCHKEY_EDGE_NAME=%s", edge->name),
        arena_printf(mem, "LATCHKEY_EDGE_LMDB_DIR=%s/lmdb", dir),
        arena_printf(mem, "LATCHKEY_EDGE_TOKEN_FILE=%s", bootstrap_edge_token(mem, l, edge->name)));
    agent->ready = READY_FILE;
    agent->where = arena_printf(mem, "%s/lmdb/data.mdb", dir);
    nginx_add(plan, 8, edge->name, arena_printf(mem, "%s/nginx.conf", dir),
              layout_endpoint(mem, edge->addresses.items[0], l->cfg->edge.https_port));
}

static void front_add(struct plan *plan)
{
    const struct layout *l = plan->layout;

    nginx_add(plan, 6, "front", arena_printf(plan->mem, "%s/front.conf", l->run),
              layout_endpoint(plan->mem, "127.0.0.1", l->cfg->run.ca_port));
}

struct plan plan_new(struct arena *mem, const struct layout *layout)
{
    return (struct plan){
        .mem = mem,
        .layout = layout,
        .children = arena_array_of(mem, SUPER_CHILDREN_MAX, struct child_spec),
    };
}

bool plan_add_all(struct plan *plan, struct err *err)
{
    const struct layout *l = plan->layout;
    const struct config *cfg = l->cfg;

    if (cfg->run.edge_count * 2 + FIRST_ORDER + 1 > SUPER_CHILDREN_MAX)
        return err_set(err, ERR_CONFIG, "run.edges: %zu edges are too many for one machine",
                       cfg->run.edge_count);
    steps_add(plan);
    ca_init_add(plan, NULL);
    dns_add(plan);
    if (!daemons_add(plan, err))
        return false;
    ca_add(plan, NULL);
    front_add(plan);
    nginx_add(plan, 6, "origin", arena_printf(plan->mem, "%s/origin.conf", l->run),
              layout_endpoint(plan->mem, "127.0.0.1", cfg->run.origin_port));
    for (size_t i = 0; i < cfg->run.edge_count; i++)
        edge_add(plan, &cfg->run.edges[i]);
    return true;
}

void plan_add_ca(struct plan *plan, bool has_dns, const char *const *env)
{
    ca_init_add(plan, env);
    if (has_dns)
        dns_add(plan);
    ca_add(plan, env);
    front_add(plan);
}
