/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A database of its own for a test, in a folder of its own (in TMPDIR), and tenants to fill it. */
#include "check.h"
#include "db/db.h"
#include "store/certificate_store.h"
#include "store/issuance_store.h"
#include "store/order_store.h"
#include "store/subscription_store.h"

#define T0 INT64_C(1795000000000) /* an instant in November 2026 */

struct fixture {
    char dir[256], path[300];
    struct arena *mem;
    struct db *db;
    struct err err;
};

void fixture_open(struct fixture *f); /* an empty database, not migrated */
void fixture_open_migrated(struct fixture *f);
void fixture_close(struct fixture *f); /* removes the directory */

/* Fails the test with the reason when `done` is false. */
void must(struct fixture *f, bool done, const char *what);
#define MUST(f, call) must(f, call, #call)

/* A record of this key comes into the feed of the group "default", which has begun. */
void feed_tell(struct fixture *f, const char *key, int64_t rev, bool is_tombstone);

/* An account with one of everything. The id of each is its prefix and `tag`: "dom_a". */
struct tenant {
    const char *tag, *partner_id;
    const char *account, *site, *domain, *name, *claim, *order, *subscription, *issuance,
        *certificate, *check, *event, *change, *token;
};

/* What all tenants refer to: origin, CA account and edge; then call tenant_add(). */
void tenants_prepare(struct fixture *f);
void partner_add(struct fixture *f, const char *id);
struct tenant tenant_add(struct fixture *f, const char *partner_id, const char *tag);
/* Only the account and its site. */
struct tenant tenant_begin(struct fixture *f, const char *partner_id, const char *tag);

struct cert_order order_of(const struct tenant *t);
struct subscription subscription_of(const struct tenant *t);
struct issuance issuance_of(const struct tenant *t);
struct certificate certificate_of(const struct tenant *t);
