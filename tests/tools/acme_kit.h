/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * acme_kit: what the commands of acme_probe share: an account with keys of this process, an http-01
 * responder on loopback or the TXT records of a pebble-challtestsrv, and a certificate from the
 * order to the chain.
 */
#include <jansson.h>
#include <pthread.h>

#include "acme/account.h"
#include "acme/certificate.h"
#include "acme/order.h"
#include "acme/problem.h"
#include "base/clock.h"

struct probe_options {
    const char *directory, *ca_file;
    const char *prefix; /* of names, which end in .example */
    int port;           /* of the http-01 responder */
    int count, threads; /* certificates, and how many at a time */
    int names;          /* of each certificate */
    const char *eab;    /* "kid:base64url of the MAC key", or NULL */
    int timeout_ms;     /* of a request; 0: the library's */
    const char *dns;    /* URL of pebble-challtestsrv: prove names by dns-01 through it, or NULL */
};

struct probe {
    struct probe_options options;
    struct acme_client *client;
    struct acme_account account;
    const char *thumbprint;
    struct http_client *http; /* for options.dns */
    pthread_t responder;
    int listener;
};

/* A new P-256 key as an account without url; its texts live in the arena. */
struct acme_account probe_key(struct arena *mem);
bool probe_open(struct arena *mem, struct probe *probe, struct err *err);
/* newAccount, with the binding of the options. */
bool probe_register(struct arena *mem, struct probe *probe, struct acme_problem *problem,
                    struct err *err);
void probe_close(struct probe *probe);

struct probe_issued {
    struct acme_order *order;
    struct acme_certificate *certificate;
    struct acme_account key; /* of the certificate: may sign its revocation */
};
/* From out->order on, which is new. */
bool probe_complete(struct arena *mem, struct probe *probe, const struct acme_call *call,
                    const struct acme_order_request *want, struct probe_issued *out,
                    struct err *err);
bool probe_issue(struct arena *mem, struct probe *probe, const struct acme_call *call,
                 const struct acme_order_request *want, struct probe_issued *out, struct err *err);

/* ERR_INTERNAL: the library or the CA did not do what the command expects. */
bool probe_expect(bool is_so, struct err *err, const char *fmt, ...) PRINTF(3, 4);

bool probe_revoke(struct probe *probe, json_t *report, struct err *err);
bool probe_tour(struct probe *probe, json_t *report, struct err *err);
bool probe_tour_account(struct arena *mem, struct probe *probe, const struct acme_call *call,
                        json_t *report, struct err *err);
