/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * check: the pre-flight of an order's names: look, then judge. Look-ups are fresh; the check path
 * is asked over HTTP at each address found that may be connected to (check/reach.h). Takes as long
 * as DNS and the slowest address, at most the resolver's time, RDAP_TOTAL_MS and CHECK_HTTP_ALL_MS:
 * less than the lease of a job. Edges that are asked as well look meanwhile (check/vantage.h).
 */
#include "check/diagnose.h"
#include "check/rdap.h"
#include "check/reach.h"

#define CHECK_HTTP_MS 10000 /* per address: Let's Encrypt's own patience */
/* All addresses together, whatever a slow stranger redirects to. */
#define CHECK_HTTP_ALL_MS 25000
#define CHECK_PATH        "/.well-known/host-check/"
#define CHECK_TOKEN_BYTES 16 /* of a token, before hex: 32 characters */

struct vantage_asker;

struct check_env {
    struct resolver *resolver;
    struct rdap *rdap;      /* NULL: registries are not asked */
    int64_t needed_until;   /* how long the registration ought to last; 0 = not known */
    struct slice check_key; /* that the edges answer with; empty: HTTP is not checked, or */
    bool is_path_alone;     /* beside the check path nothing is asked of websites */
    bool is_keyless;        /* an answer of the right form is as good: for who has no key */
    const char *brand;
    uint16_t http_port, https_port; /* of the edges, as visitors see them; https_port 0 = 443 */
    int64_t retry_at;               /* when the caller will look again by itself; 0 = not */
    int http_ms, http_all_ms;       /* 0 = CHECK_HTTP_..MS */
    struct check_reach reach;
    const struct vantage_asker *vantages; /* NULL: edges are not asked (check/vantage.h) */
    struct caa_wanted
        caa; /* who will be asked for the certificate; issuer NULL: CAA is left alone */
};

/* False only for failures of our own. `out` belongs to mem. */
MUST_CHECK bool check_run(struct arena *mem, const struct check_env *env,
                          const struct check_names *names, const struct check_expected *expected,
                          struct check_report *out, struct err *err);

/* The body that an edge answers at CHECK_PATH token: lower-case hex of HMAC-SHA256(check key,
 * host "/" token); host in lower case without port. */
const char *check_answer(struct arena *mem, struct slice check_key, const char *host,
                         const char *token);
