/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <dirent.h>
#include <unistd.h>

#include "store/account_store.h"
#include "store/ca_account_store.h"
#include "store/check_store.h"
#include "store/claim_store.h"
#include "store/domain_name_store.h"
#include "store/domain_store.h"
#include "store/edge_store.h"
#include "store/event_store.h"
#include "store/feed_store.h"
#include "store/history_store.h"
#include "store/issuance_name_store.h"
#include "store/origin_store.h"
#include "store/partner_store.h"
#include "store/proof_store.h"
#include "store/schema.h"
#include "store/site_store.h"
#include "store/token_store.h"

void must(struct fixture *f, bool done, const char *what)
{
    if (!done)
        fail_msg("%s: %s: %s", what, err_name(f->err.code), f->err.text);
}

void fixture_open(struct fixture *f)
{
    const char *folder = getenv("TMPDIR");

    *f = (struct fixture){.mem = arena_new()};
    snprintf(f->dir, sizeof(f->dir), "%s/latchkey-store-XXXXXX", folder ? folder : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/latchkey.db", f->dir);
    MUST(f, db_open_sqlite(f->path, 4, &f->db, &f->err));
}

void fixture_open_migrated(struct fixture *f)
{
    fixture_open(f);
    MUST(f, store_migrate(f->db, NULL, &f->err));
}

void fixture_close(struct fixture *f)
{
    char path[512];
    struct dirent *entry;
    DIR *dir;

    db_close(f->db);
    arena_free(f->mem);
    dir = opendir(f->dir);
    while (dir && (entry = readdir(dir))) {
        snprintf(path, sizeof(path), "%s/%s", f->dir, entry->d_name);
        (void)unlink(path); /* "." and ".." stay */
    }
    if (dir)
        closedir(dir);
    assert_int_equal(rmdir(f->dir), 0);
}

void tenants_prepare(struct fixture *f)
{
    const struct origin origin = {"demo", "127.0.0.1:8090", T0};
    const struct ca_account account = {.id = "caa_1",
                                       .ca = "sandbox",
                                       .sealed_key = SLICE_LIT("sealed"),
                                       .thumbprint = "thumbprint",
                                       .state = CA_ACCOUNT_NEW,
                                       .created_at = T0};
    const char *const addresses[] = {"127.0.0.1", "::1"};
    const struct edge edge = {.id = "edge_1",
                              .name = "edge-1",
                              .group = "default",
                              .addresses = {2, addresses},
                              .http_port = 8080,
                              .https_port = 8443,
                              .is_in_rotation = true,
                              .created_at = T0};

    MUST(f, origin_store_put(f->db, &origin, &f->err));
    MUST(f, ca_account_store_add(f->db, &account, &f->err));
    MUST(f, edge_store_put(f->db, &edge, &f->err));
}

void feed_tell(struct fixture *f, const char *key, int64_t rev, bool is_tombstone)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct slice octets = slice_str(key);
    const struct feed_record record = {
        .key = octets, .epoch = 1, .rev = rev, .is_tombstone = is_tombstone, .bytes = octets};

    MUST(f, db_tx_begin(f->db, &tx, &f->err));
    MUST(f, feed_store_put(tx, "default", &record, 0, &f->err));
    MUST(f, feed_store_assign(tx, "default", &(struct feed_keys){&octets, 1}, NULL, &f->err));
    MUST(f, db_tx_commit(&tx, &f->err));
}

void partner_add(struct fixture *f, const char *id)
{
    const struct partner partner = {id, "Partner", "Brand", T0};

    MUST(f, partner_store_add(f->db, &partner, &f->err));
}

static const char *named(struct fixture *f, const char *prefix, const char *tag)
{
    return arena_printf(f->mem, "%s_%s", prefix, tag);
}

struct tenant tenant_begin(struct fixture *f, const char *partner_id, const char *tag)
{
    struct tenant t = {
        .tag = tag,
        .partner_id = partner_id,
        .account = named(f, "acc", tag),
        .site = named(f, "site", tag),
        .domain = named(f, "dom", tag),
        .name = arena_printf(f->mem, "%s.example", tag),
        .claim = named(f, "clm", tag),
        .order = named(f, "ord", tag),
        .subscription = named(f, "sub", tag),
        .issuance = named(f, "iss", tag),
        .certificate = named(f, "crt", tag),
        .check = named(f, "chk", tag),
        .event = named(f, "evt", tag),
        .change = named(f, "his", tag),
        .token = named(f, "tok", tag),
    };
    struct account account = {t.account, partner_id, "Account", "a@a.example",
                              "NL",      "NL-UT",    "Utrecht", T0};
    struct site site = {t.site, partner_id, t.account, "Site", "demo", false, "www", T0, T0};

    MUST(f, account_store_add(f->db, &account, &f->err));
    MUST(f, site_store_add(f->db, &site, &f->err));
    return t;
}

struct cert_order order_of(const struct tenant *t)
{
    return (struct cert_order){.id = t->order,
                               .partner_id = t->partner_id,
                               .account_id = t->account,
                               .domain_id = t->domain,
                               .state = ORDER_PLACED,
                               .ca = "sandbox",
                               .country = "NL",
                               .state_or_province = "Utrecht",
                               .created_at = T0,
                               .placed_at = T0 + 1};
}

struct subscription subscription_of(const struct tenant *t)
{
    return (struct subscription){.id = t->subscription,
                                 .partner_id = t->partner_id,
                                 .account_id = t->account,
                                 .domain_id = t->domain,
                                 .order_id = t->order,
                                 .state = SUBSCRIPTION_ACTIVE,
                                 .term_start_at = T0,
                                 .term_end_at = T0 + 1,
                                 .is_auto_renew = true,
                                 .created_at = T0};
}

struct issuance issuance_of(const struct tenant *t)
{
    return (struct issuance){.id = t->issuance,
                             .partner_id = t->partner_id,
                             .account_id = t->account,
                             .domain_id = t->domain,
                             .order_id = t->order,
                             .reason = ISSUANCE_FOR_ORDER,
                             .ca = "sandbox",
                             .created_at = T0,
                             .state = ISSUANCE_WAITING_DNS};
}

struct certificate certificate_of(const struct tenant *t)
{
    return (struct certificate){.id = t->certificate,
                                .partner_id = t->partner_id,
                                .account_id = t->account,
                                .domain_id = t->domain,
                                .issuance_id = t->issuance,
                                .serial = "0a0b",
                                .names = {1, &t->name},
                                .not_before_at = T0,
                                .not_after_at = T0 + 90,
                                .issuer = "Sandbox Intermediate",
                                .leaf = SLICE_LIT("leaf"),
                                .chain = SLICE_LIT("chain"),
                                .sealed_key = SLICE_LIT("sealed key"),
                                .key_type = "p256",
                                .key_fingerprint = "00ff",
                                .trust = "sandbox",
                                .state = CERTIFICATE_ISSUED,
                                .ca = "sandbox",
                                .created_at = T0};
}

static void add_domain(struct fixture *f, const struct tenant *t)
{
    struct domain domain = {t->domain, t->partner_id, t->account, t->site,
                            t->name,   t->name,       false,      T0};
    struct claim claim = {.id = t->claim,
                          .name = t->name,
                          .domain_id = t->domain,
                          .partner_id = t->partner_id,
                          .account_id = t->account,
                          .created_at = T0};
    struct domain_name name = {
        .domain_id = t->domain, .name = t->name, .created_at = T0, .dns_state = "unchecked"};

    MUST(f, domain_store_add(f->db, &domain, &f->err));
    MUST(f, claim_store_add(f->db, &claim, &f->err));
    MUST(f, domain_name_store_add(f->db, &name, &f->err));
}

static void add_certificate(struct fixture *f, const struct tenant *t)
{
    struct cert_order order = order_of(t);
    struct subscription subscription = subscription_of(t);
    struct issuance issuance = issuance_of(t);
    struct certificate certificate = certificate_of(t);
    struct issuance_name name = {.issuance_id = t->issuance, .name = t->name, .dns_state = "ok"};
    struct edge_proof proof = {t->issuance, "edge_1", t->name, "127.0.0.1:8443",
                               "0a0b",      true,     T0,      NULL};

    MUST(f, order_store_add(f->db, &order, &f->err));
    MUST(f, subscription_store_add(f->db, &subscription, &f->err));
    MUST(f, issuance_store_add(f->db, &issuance, &f->err));
    MUST(f, issuance_name_store_put(f->db, &name, &f->err));
    MUST(f, certificate_store_add(f->db, &certificate, &f->err));
    MUST(f, proof_store_put(f->db, &proof, &f->err));
}

static void add_token(struct fixture *f, const struct tenant *t)
{
    unsigned char hash[SHA256_SIZE];
    struct api_token token = {.id = t->token,
                              .partner_id = t->partner_id,
                              .account_id = t->account,
                              .name = "Token",
                              .hash = {hash, sizeof(hash)},
                              .created_at = T0};

    hash_sha256(slice_str(t->tag), hash);
    MUST(f, token_store_add(f->db, &token, &f->err));
}

/* What was done and seen. */
static void add_past(struct fixture *f, const struct tenant *t)
{
    struct check_run check = {t->check, t->partner_id, t->account, t->domain, t->name,
                              T0,       "ready",       "[]"};
    struct event event = {.id = t->event,
                          .partner_id = t->partner_id,
                          .account_id = t->account,
                          .domain_id = t->domain,
                          .subject_id = t->order,
                          .at = T0,
                          .kind = "order.placed",
                          .text = "the order was placed"};
    struct name_change change = {.id = t->change,
                                 .partner_id = t->partner_id,
                                 .account_id = t->account,
                                 .domain_id = t->domain,
                                 .name = t->name,
                                 .at = T0,
                                 .dns_state = "ok",
                                 .seen = "{}"};

    MUST(f, check_store_add(f->db, &check, &f->err));
    MUST(f, event_store_add(f->db, &event, &f->err));
    MUST(f, history_store_add(f->db, &change, &f->err));
}

struct tenant tenant_add(struct fixture *f, const char *partner_id, const char *tag)
{
    struct tenant t = tenant_begin(f, partner_id, tag);

    add_domain(f, &t);
    add_certificate(f, &t);
    add_token(f, &t);
    add_past(f, &t);
    return t;
}
