/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ca_run: `latchkey ca`: the sandbox CA alone, in one folder: its front with TLS, the CA and,
 * unless another resolver is named, a Knot to which every name of the sandbox is this machine.
 */
#include "base/err.h"

#define CA_RUN_DIR        "./sandbox-ca"
#define CA_RUN_PORT       8445
#define CA_RUN_DNS_PORT   8053
#define CA_RUN_HTTP_PORT  5080
#define CA_RUN_HTTPS_PORT 5443

/* What is given is written to the latchkey.yaml of a new folder, and holds for this start alone
 * where there is one. 0 and NULL: not given. */
struct ca_run_options {
    const char *dir;
    int64_t port, dns_port;        /* to listen on: https of the CA, DNS */
    int64_t http_port, https_port; /* that it validates on */
    const char *resolver;          /* "127.0.0.1@53" */
    const char *limits;            /* none, letsencrypt, or a file */
    const char *listen;            /* an address to be served on beside loopback */
    const char *name;              /* host of its URLs; not given: `listen`, or localhost */
    bool is_verbose;               /* show every line of the children */
};

/* Until it is stopped. */
MUST_CHECK bool ca_run(const struct ca_run_options *options, struct err *err);
