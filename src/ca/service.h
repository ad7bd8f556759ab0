/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* service: what the parts of a running CA share. Made and freed by ca_start() and ca_stop(); any
 * thread may use it. */
#include "ca/ca.h"
#include "ca/nonce.h"
#include "ca/pool.h"
#include "ca/validator.h"
#include "db/db.h"

#define CA_TERMS_PATH "/terms"

/* Lifetimes of Let's Encrypt's profile `classic`. */
#define CA_DAY_MS                   (INT64_C(86400) * 1000)
#define CA_ORDER_LIFE_MS            (7 * CA_DAY_MS)
#define CA_AUTHORIZATION_PENDING_MS (7 * CA_DAY_MS)
#define CA_AUTHORIZATION_VALID_MS   (30 * CA_DAY_MS)

struct ca {
    struct arena *mem; /* of the whole life */
    struct ca_options options;
    struct ca_suffixes suffixes;
    struct db *db;
    struct ca_nonces *nonces;
    struct ca_validator validator;
    struct ca_keeper *keeper;
    struct ca_pool *validation, *issuing;
    struct http_server *server;
};

/* "https://localhost:8445/acme/acct/1": the public URL and what follows. */
const char *ca_url(struct arena *mem, const struct ca *ca, const char *fmt, ...) PRINTF(3, 4);

/* Work of the two pools (ca/pool.h); `arg` is the struct ca. */
bool ca_validate_challenge(void *arg, struct arena *mem, int64_t challenge_id);
bool ca_issue_order(void *arg, struct arena *mem, int64_t order_id);
