/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A Knot DNS server for tests: zones as text, on a free port of 127.0.0.1, in a folder of its own
 * under /tmp. Tests skip themselves where knot_is_there() says no.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "check.h"

#define KNOT_SKIP 77

struct knot_zone {
    const char *name; /* without final dot; "." is the root */
    const char *text; /* records; NULL: configured, but there is no file: SERVFAIL */
    bool is_signed;
};

struct knot {
    char dir[64];
    char forwarder[32]; /* "127.0.0.1@port" */
    uint16_t port;
    pid_t pid;
};

static inline const char *knot_program(const char *name)
{
    static char path[64];

    snprintf(path, sizeof(path), "/usr/sbin/%s", name);
    return path;
}

static inline bool knot_is_there(void)
{
    return access(knot_program("knotd"), X_OK) == 0 && access(knot_program("keymgr"), X_OK) == 0;
}

/* A port that is free for UDP and TCP just now. */
static inline uint16_t knot_free_port(void)
{
    for (int i = 0; i < 50; i++) {
        struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof(sa);
        int udp = socket(AF_INET, SOCK_DGRAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0);
        bool is_free = bind(udp, (struct sockaddr *)&sa, len) == 0 &&
                       getsockname(udp, (struct sockaddr *)&sa, &len) == 0 &&
                       bind(tcp, (struct sockaddr *)&sa, len) == 0;

        close(udp);
        close(tcp);
        if (is_free)
            return ntohs(sa.sin_port);
    }
    return 0;
}

static inline void knot_write(const struct knot *knot, const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", knot->dir, name);
    file = fopen(path, "w");
    if (!file || fputs(text, file) < 0)
        fail_msg("%s cannot be written", path);
    else
        fclose(file);
}

static inline pid_t knot_spawn(const struct knot *knot, const char *program, const char *out,
                               const char *const args[])
{
    posix_spawn_file_actions_t actions;
    char path[128];
    pid_t pid = -1;

    snprintf(path, sizeof(path), "%s/%s", knot->dir, out);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (posix_spawn(&pid, knot_program(program), &actions, NULL, (char *const *)(uintptr_t)args,
                    environ) != 0)
        pid = -1;
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static inline void knot_configure(struct arena *mem, const struct knot *knot,
                                  const struct knot_zone *zones, size_t count)
{
    struct buf conf = buf_new(mem, 65536);

    buf_printf(&conf,
               "server:\n    rundir: \"%s\"\n    listen: 127.0.0.1@%u\n    udp-workers: 1\n"
               "    tcp-workers: 2\n    background-workers: 1\n"
               "database:\n    storage: \"%s/db\"\n    journal-db-max-size: 16M\n"
               "    kasp-db-max-size: 16M\n    timer-db-max-size: 4M\n"
               "log:\n  - target: stderr\n    any: info\n"
               "policy:\n  - id: sign\n    algorithm: ecdsap256sha256\n"
               "    single-type-signing: on\n"
               "template:\n  - id: default\n    storage: \"%s\"\n    zonefile-load: difference\n"
               "zone:\n",
               knot->dir, knot->port, knot->dir, knot->dir);
    for (size_t i = 0; i < count; i++) {
        const char *file = arena_printf(mem, "%s.zone", i == 0 ? "first" : zones[i].name);

        buf_printf(&conf, "  - domain: \"%s\"\n    file: \"%s\"\n", zones[i].name, file);
        if (zones[i].is_signed)
            buf_str(&conf, "    dnssec-signing: on\n    dnssec-policy: sign\n");
        if (zones[i].text)
            knot_write(knot, file, zones[i].text);
    }
    knot_write(knot, "knot.conf", buf_cstr(&conf));
}

/* Whether something answers there. */
static inline bool knot_answers(const struct knot *knot)
{
    static const unsigned char query[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1};
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_port = htons(knot->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_usec = 100000};
    unsigned char reply[512];
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    bool is_there;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    is_there = connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
               send(fd, query, sizeof(query), 0) == (ssize_t)sizeof(query) &&
               recv(fd, reply, sizeof(reply), 0) > 0;
    close(fd);
    return is_there;
}

static inline const char *knot_read(struct arena *mem, const struct knot *knot, const char *name)
{
    char *text = arena_alloc(mem, 65536);
    FILE *file = fopen(arena_printf(mem, "%s/%s", knot->dir, name), "r");

    if (file) {
        text[fread(text, 1, 65535, file)] = '\0';
        fclose(file);
    }
    return text;
}

/* Whether it answers within five seconds; its log is shown if it does not. */
static inline bool knot_start(struct knot *knot, const struct knot_zone *zones, size_t count)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *conf;

    snprintf(knot->dir, sizeof(knot->dir), "/tmp/latchkey-knot-XXXXXX");
    if (!mkdtemp(knot->dir))
        return false;
    knot->port = knot_free_port();
    snprintf(knot->forwarder, sizeof(knot->forwarder), "127.0.0.1@%u", knot->port);
    mkdir(arena_printf(mem, "%s/db", knot->dir), 0700);
    knot_configure(mem, knot, zones, count);
    conf = arena_printf(mem, "%s/knot.conf", knot->dir);
    knot->pid = knot_spawn(knot, "knotd", "log", (const char *const[]){"knotd", "-c", conf, NULL});
    for (int i = 0; i < 100 && knot->pid > 0; i++) {
        if (knot_answers(knot))
            return true;
        usleep(50000);
    }
    print_error("knotd: %s\n", knot_read(mem, knot, "log"));
    return false;
}

/* The DS records of a signed zone, as lines. */
static inline const char *knot_ds(struct arena *mem, const struct knot *knot, const char *zone)
{
    const char *conf = arena_printf(mem, "%s/knot.conf", knot->dir);
    const char *const args[] = {"keymgr", "-c", conf, zone, "ds", NULL};
    pid_t pid = knot_spawn(knot, "keymgr", "ds", args);
    int status;

    waitpid(pid, &status, 0);
    return knot_read(mem, knot, "ds");
}

/* New content of a zone; its SOA serial must be higher. */
static inline void knot_reload(const struct knot *knot)
{
    kill(knot->pid, SIGHUP);
}

static inline void knot_stop(struct knot *knot)
{
    const char *const args[] = {"rm", "-rf", knot->dir, NULL};
    pid_t pid;

    if (knot->pid > 0) {
        kill(knot->pid, SIGTERM);
        waitpid(knot->pid, NULL, 0);
    }
    if (posix_spawn(&pid, "/bin/rm", NULL, NULL, (char *const *)(uintptr_t)args, environ) == 0)
        waitpid(pid, NULL, 0);
}
