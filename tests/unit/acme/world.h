/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An ACME client and the CA of fake_ca.h that it talks to. */
#include "acme/problem.h"
#include "check.h"
#include "fake_ca.h"

#define JSON_OF(body) "Content-Type: application/json\r\nConnection: close\r\n\r\n" body

static const struct net_allowed loopback = {.prefix = {.address = {.octets = {127}}, .bits = 8}};
static const struct net_policy policy = {
    .public_reach = NET_PUBLIC_NONE, .allowed = &loopback, .allowed_count = 1};
static const struct acme_account account = {
    .alg = "ES256", .jwk = "{\"kty\":\"EC\"}", .url = "kid"};

struct world {
    struct fake_ca ca;
    struct acme_client *client;
    struct arena *mem;
    struct acme_problem problem;
    struct acme_call call;
    bool is_signer_down;
};

static inline struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof(*w));
    char url[80];
    struct err err;

    w->mem = arena_new();
    pthread_mutex_init(&w->ca.lock, NULL);
    w->ca.server.answer = fake_answer;
    w->ca.server.arg = &w->ca;
    assert_true(tiny_start(&w->ca.server, "127.0.0.1", 0));
    snprintf(w->ca.origin, sizeof(w->ca.origin), "http://127.0.0.1:%d", w->ca.server.port);
    snprintf(url, sizeof(url), "%s/dir", w->ca.origin);
    assert_true(acme_client_new(&(struct acme_options){.name = "Test CA",
                                                       .directory_url = url,
                                                       .user_agent = "test/1",
                                                       .timeout_ms = 700,
                                                       .http = {.policy = &policy},
                                                       .sign = fake_sign,
                                                       .sign_arg = &w->is_signer_down},
                                &w->client, &err));
    w->call = (struct acme_call){w->client, &account, &w->problem};
    return w;
}

static inline void world_free(struct world *w)
{
    acme_client_free(w->client);
    tiny_stop(&w->ca.server);
    arena_free(w->mem);
    free(w);
}

static inline void reply_with(struct world *w, const char *text)
{
    fake_set_reply(&w->ca, (struct fake_reply){.text = text});
}
