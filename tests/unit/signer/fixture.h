/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A signer with fresh keys in a folder of its own, answering a socket pair from a thread. */
#include <assert.h>
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signer/keyring.h"
#include "signer/server.h"
#include "signer/signer.h"

#define CA_URL      "https://ca.example/acme"
#define OTHER_URL   "https://other.example:14000/dir"
#define EAB_SECRET  "thirty-two octets of an EAB key."
#define OWNER       "crt_01jd0000000000000000000000"
#define ACCOUNT     "caa_01jd0000000000000000000000"
#define NEW_ACCOUNT "caa_01jd0000000000000000000001"

struct fixture {
    char dir[64];
    struct keyring *keys;
    struct secret eab;
    struct signer_ca cas[2];
    struct signer_zone zones[3];
    struct signer_server server;
    int pair[2], stop[2]; /* pair[0]: server, pair[1]: client */
    pthread_t thread;
    struct signer *client;
};

static inline void fixture_must(bool is_done, const char *text)
{
    if (!is_done) {
        fprintf(stderr, "fixture: %s\n", text);
        abort();
    }
}

static inline void remove_folder(const char *path)
{
    char name[512];
    DIR *dir = opendir(path);

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        (void)unlink(name);
    }
    if (dir)
        closedir(dir);
    (void)rmdir(path);
}

/* Keys and CAs, but nobody who answers. */
static inline void fixture_keys(struct fixture *f)
{
    struct err err = {0};

    *f = (struct fixture){.pair = {-1, -1}, .stop = {-1, -1}};
    snprintf(f->dir, sizeof(f->dir), "/tmp/latchkey-signer-XXXXXX");
    fixture_must(mkdtemp(f->dir) != NULL, "mkdtemp");
    fixture_must(keyring_init(f->dir, &err), err.text);
    fixture_must(keyring_load(f->dir, &f->keys, &err), err.text);
    memcpy(f->eab.data, EAB_SECRET, sizeof(EAB_SECRET) - 1);
    f->eab.len = sizeof(EAB_SECRET) - 1;
    f->cas[0] = (struct signer_ca){"main", CA_URL "/directory", "eab-1", &f->eab};
    f->cas[1] = (struct signer_ca){.id = "other", .directory = OTHER_URL};
    f->zones[0] = (struct signer_zone){"proof.example", false, &f->eab};
    f->zones[1] = (struct signer_zone){"long.example", true, &f->eab};
    f->zones[2] = (struct signer_zone){.name = "hook.example"};
    f->server = (struct signer_server){
        .keys = f->keys, .cas = f->cas, .ca_count = 2, .zones = f->zones, .zone_count = 3};
}

static inline void *fixture_serve(void *arg)
{
    struct fixture *f = arg;
    struct err err = {0};

    fixture_must(signer_serve_fd(&f->server, f->pair[0], f->stop[0], &err), err.text);
    return NULL;
}

static inline void fixture_start(struct fixture *f)
{
    fixture_keys(f);
    fixture_must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, f->pair) == 0, "socketpair");
    fixture_must(pipe(f->stop) == 0, "pipe");
    fixture_must(pthread_create(&f->thread, NULL, fixture_serve, f) == 0, "thread");
    f->client = signer_new_fd(f->pair[1]);
}

static inline void fixture_forget_keys(struct fixture *f)
{
    keyring_free(f->keys);
    remove_folder(f->dir);
}

static inline void fixture_stop(struct fixture *f)
{
    fixture_must(write(f->stop[1], "", 1) == 1, "write");
    pthread_join(f->thread, NULL);
    signer_free(f->client);
    close(f->pair[0]);
    close(f->stop[0]);
    close(f->stop[1]);
    fixture_forget_keys(f);
}
