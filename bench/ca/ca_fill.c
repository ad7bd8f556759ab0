/* SPDX-License-Identifier: Apache-2.0 */

/*
 * ca_fill: gives the sandbox CA a past: certificates for single names that were issued over the
 * last ninety days, each with its order, authorization, challenge, journal and bucket of the rate
 * limits, made by the CA's own store functions, in the order in which the CA calls them.
 *
 *     ca_fill FOLDER COUNT [ACCOUNTS]    FOLDER: as `latchkey ca init` left it; the CA is not
 * running
 */
#include "base/clock.h"
#include "base/hash.h"
#include "ca/account_store.h"
#include "ca/authority.h"
#include "ca/authorization_store.h"
#include "ca/certificate_store.h"
#include "ca/challenge_store.h"
#include "ca/database.h"
#include "ca/journal_store.h"
#include "ca/jwk.h"
#include "ca/limit.h"
#include "ca/limit_store.h"
#include "ca/profile.h"
#include "ca/token.h"
#include "tls/key.h"

#define GROUP        1000 /* certificates in a transaction */
#define COUNT_MAX    100000000
#define ACCOUNTS_MAX 1000000
#define PAST_MS      (INT64_C(90) * 86400 * 1000)
#define TOLD_EACH    100000

struct fill {
    struct arena *mem;
    struct db *db;
    struct ca_authority authority;
    const struct ca_profile *profile;
    X509_PUBKEY *key; /* of all certificates */
    int64_t count, account_count, began_at;
    int64_t *accounts;
};

/* One certificate on its way. */
struct item {
    struct arena *mem;
    struct db *tx;
    const struct fill *fill;
    int64_t account, order, authorization, at;
    struct ca_names names;
    const char *serial;
};

static struct err err;

static void need(bool is_done)
{
    if (is_done)
        return;
    fprintf(stderr, "ca_fill: %s\n", err.text);
    exit(1);
}

static void add_account(struct fill *fill, int64_t number)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *text = arena_printf(mem, "account %lld", (long long)number);
    unsigned char digest[SHA256_SIZE];
    struct ca_account account = {
        .status = CA_STATUS_VALID, .contact = "[]", .created_at = fill->began_at};

    hash_sha256(slice_str(text), digest);
    account.key_hash = hex_encode(mem, slice_of(digest, sizeof(digest)));
    account.jwk = arena_printf(mem, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
                               base64url_encode(mem, slice_of(digest, sizeof(digest))),
                               base64url_encode(mem, slice_of(digest, sizeof(digest))));
    need(ca_account_add(mem, fill->db, &account, &fill->accounts[number], &err));
}

static void journal(const struct item *item, enum ca_journal_kind kind, const char *subject,
                    const char *detail)
{
    const struct ca_journal_entry entry = {.at = item->at,
                                           .account_id = item->account,
                                           .kind = kind,
                                           .subject = subject,
                                           .detail = detail};

    need(ca_journal_add(item->tx, &entry, &err));
}

static const char *id_text(const struct item *item, int64_t id)
{
    return arena_printf(item->mem, "%lld", (long long)id);
}

static void place(struct item *item)
{
    const struct ca_profile *profile = item->fill->profile;
    struct ca_authorization authorization = {.account_id = item->account,
                                             .name = item->names.items[0],
                                             .status = CA_STATUS_PENDING,
                                             .profile = profile->name,
                                             .token = ca_token_new(item->mem),
                                             .created_at = item->at,
                                             .expires_at = item->at + profile->pending_ms};
    struct ca_order order = {.account_id = item->account,
                             .status = CA_STATUS_PENDING,
                             .names = item->names,
                             .profile = profile->name,
                             .created_at = item->at,
                             .expires_at = item->at + profile->order_ms};

    need(ca_authorization_add(item->mem, item->tx, &authorization, &item->authorization, &err) &&
         ca_order_add(item->mem, item->tx, &order, &item->order, &err) &&
         ca_order_need(item->tx, item->order, item->authorization, &err));
    journal(item, CA_JOURNAL_ORDER_CREATED, id_text(item, item->order), item->names.items[0]);
}

static void validate(struct item *item)
{
    const char *subject = id_text(item, item->authorization), *name = item->names.items[0];
    int64_t challenge;
    const char *record = arena_printf(
        item->mem,
        "[{\"url\":\"http://%s/.well-known/acme-challenge/%s\",\"hostname\":\"%s\",\"port\":\"80\","
        "\"addressesResolved\":[\"127.0.0.1\"],\"addressUsed\":\"127.0.0.1\"}]",
        name, ca_token_new(item->mem), name);

    need(ca_challenge_start(item->mem, item->tx, item->authorization, CA_CHALLENGE_HTTP_01,
                            &challenge, &err));
    journal(item, CA_JOURNAL_CHALLENGE_STARTED, subject, name);
    need(ca_challenge_finish(item->tx, challenge, NULL, record, item->at, &err) &&
         ca_authorization_validate(item->tx, item->authorization,
                                   item->at + item->fill->profile->valid_ms, &err) &&
         ca_order_ready_by(item->tx, item->authorization, &err));
    journal(item, CA_JOURNAL_CHALLENGE_VALID, subject, name);
}

static struct ca_issued sign(struct item *item)
{
    const struct fill *fill = item->fill;
    struct ca_leaf_wish wish = {
        .profile = fill->profile, .names = &item->names, .key = fill->key, .at = item->at};
    AUTO(X509_freep) X509 *leaf = NULL;
    struct ca_issued issued = {.order_id = item->order,
                               .account_id = item->account,
                               .issuer_id = fill->authority.id,
                               .names = item->names,
                               .created_at = item->at};

    need(ca_authority_issue(&fill->authority, &wish, &leaf, &err) &&
         ca_certificate_der(item->mem, leaf, &issued.der, &err));
    issued.serial = ca_certificate_serial(item->mem, leaf);
    issued.key_hash = ca_certificate_fingerprint(item->mem, leaf); /* as long as a hash of a key */
    issued.not_before = ca_certificate_not_before(leaf);
    issued.not_after = ca_certificate_not_after(leaf);
    return issued;
}

static void issue(struct item *item)
{
    const char *subject = id_text(item, item->order), *name = item->names.items[0];
    unsigned char csr[300] = {0x30}; /* as long as one for a name */
    struct ca_issued issued;

    need(ca_order_finalize(item->tx, item->order, slice_of(csr, sizeof(csr)), &err));
    journal(item, CA_JOURNAL_ORDER_FINALIZED, subject, name);
    issued = sign(item);
    need(ca_issued_add(item->mem, item->tx, &issued, &err) &&
         ca_order_complete(item->tx, item->order, issued.serial, &err) &&
         ca_bucket_set(item->tx, ca_limit_name(CA_LIMIT_CERTIFICATES_PER_SET), issued.key_hash,
                       item->at * 1000, &err));
    journal(item, CA_JOURNAL_CERTIFICATE_ISSUED, issued.serial,
            arena_printf(item->mem, "order %s, %s", subject, name));
}

static void add_one(const struct fill *fill, struct arena *mem, struct db *tx, int64_t number)
{
    const char *name = arena_printf(mem, "f%08lld.fill.example", (long long)number);
    struct item item = {.mem = mem,
                        .tx = tx,
                        .fill = fill,
                        .account = fill->accounts[number % fill->account_count],
                        .at = fill->began_at + PAST_MS / fill->count * number,
                        .names = {.items = &name, .count = 1}};

    place(&item);
    validate(&item);
    issue(&item);
}

static void add_group(const struct fill *fill, int64_t first)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    need(db_tx_begin(fill->db, &tx, &err));
    for (int64_t i = first; i < first + GROUP && i < fill->count; i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();

        add_one(fill, mem, tx, i);
    }
    need(db_tx_commit(&tx, &err));
    if (first % TOLD_EACH == 0)
        fprintf(stderr, "%lld of %lld\n", (long long)first, (long long)fill->count);
}

static void prepare(struct fill *fill, const char *dir)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    struct ca_profiles profiles = ca_profiles_make(fill->mem, NULL, 0);
    struct ca_suffixes suffixes;

    need(ca_suffixes_make(fill->mem, NULL, 0, &suffixes, &err) &&
         ca_authority_load(fill->mem, dir, &suffixes, &fill->authority, &err) &&
         ca_database_open(fill->mem, dir, &fill->db, &err) && key_make(&key, &err));
    fill->profile = profiles.items;
    fill->began_at = clock_now() - PAST_MS;
    if (X509_PUBKEY_set(&fill->key, key) != 1)
        abort();
    need(ca_issuer_add(fill->db,
                       &(struct ca_issuer){.id = fill->authority.id,
                                           .chain_pem = fill->authority.chain_pem,
                                           .alternate_pem = fill->authority.alternate_pem,
                                           .created_at = fill->began_at},
                       &err));
    fill->accounts = arena_array_of(fill->mem, (size_t)fill->account_count, int64_t);
    for (int64_t i = 0; i < fill->account_count; i++)
        add_account(fill, i);
}

int main(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct fill fill = {.mem = mem, .account_count = 1000};

    if (argc < 3 || argc > 4 || !slice_i64(slice_str(argv[2]), 1, COUNT_MAX, &fill.count) ||
        (argc == 4 && !slice_i64(slice_str(argv[3]), 1, ACCOUNTS_MAX, &fill.account_count))) {
        fputs("usage: ca_fill FOLDER COUNT [ACCOUNTS]\n", stderr);
        return 64;
    }
    prepare(&fill, argv[1]);
    for (int64_t i = 0; i < fill.count; i += GROUP)
        add_group(&fill, i);
    X509_PUBKEY_free(fill.key);
    db_close(fill.db);
    return 0;
}
