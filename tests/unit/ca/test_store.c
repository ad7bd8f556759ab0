/* SPDX-License-Identifier: Apache-2.0 */
#include "base/embedded.h"
#include "ca/account_store.h"
#include "ca/authorization_store.h"
#include "ca/certificate_store.h"
#include "ca/challenge_store.h"
#include "ca/journal_store.h"
#include "check.h"
#include "db/migrate.h"
#include "store_dir.h"
#include "store_world.h"

extern const struct embedded_file ca_migrations[];
extern const size_t ca_migrations_count;

#define ISSUER "0123456789abcdef0"

static void test_accounts(void **state)
{
    struct world *w = *state;
    const struct ca_account *account;
    struct ca_account again = {
        .key_hash = "key 1", .jwk = "{}", .status = CA_STATUS_VALID, .contact = "[]"};
    int64_t id;

    must(ca_account_of_key(w->mem, w->db, "key 1", &account, &err));
    assert_int_equal(account->id, w->account);
    must(ca_account_get(w->mem, w->db, 99, &account, &err));
    assert_null(account);
    assert_false(ca_account_add(w->mem, w->db, &again, &id, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    add_account(w, "key 2");
    again.id = w->account;
    again.key_hash = "key 2";
    assert_false(ca_account_set_key(w->db, &again, "key 1", &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    again.key_hash = "key 3";
    again.jwk = "{\"a\":1}";
    assert_false(ca_account_set_key(w->db, &again, "key 0", &err));
    assert_int_equal(err.code, ERR_LOST_RACE);
    must(ca_account_set_key(w->db, &again, "key 1", &err));
    must(ca_account_set_contact(w->db, w->account, "[\"mailto:a@b.test\"]", &err));
    must(ca_account_get(w->mem, w->db, w->account, &account, &err));
    assert_string_equal(account->jwk, "{\"a\":1}");
    assert_string_equal(account->contact, "[\"mailto:a@b.test\"]");
    must(ca_account_deactivate(w->db, w->account, &err));
    assert_false(ca_account_deactivate(w->db, w->account, &err));
    assert_int_equal(err.code, ERR_LOST_RACE);
    assert_false(ca_account_set_contact(w->db, w->account, "[]", &err));
    must(ca_account_get(w->mem, w->db, w->account, &account, &err));
    assert_int_equal(account->status, CA_STATUS_DEACTIVATED);
}

/* A lost account is still read by its number; its key makes another, and may be lost again. */
static void test_lost_accounts(void **state)
{
    struct world *w = *state;
    const struct ca_account *account;
    int64_t other = add_account(w, "key 2"), count = 0, again;

    must(ca_account_lose_all(w->db, AT + 1, &count, &err));
    assert_int_equal(count, 2);
    must(ca_account_lose_all(w->db, AT + 2, &count, &err));
    assert_int_equal(count, 0);
    must(ca_account_get(w->mem, w->db, other, &account, &err));
    assert_int_equal(account->lost_at, AT + 1);
    must(ca_account_of_key(w->mem, w->db, "key 2", &account, &err));
    assert_null(account);
    again = add_account(w, "key 2");
    assert_int_not_equal(again, other);
    must(ca_account_of_key(w->mem, w->db, "key 2", &account, &err));
    assert_int_equal(account->id, again);
    assert_int_equal(account->lost_at, 0);
    must(ca_account_lose_all(w->db, AT + 3, &count, &err));
    assert_int_equal(count, 1);
    add_account(w, "key 2");
}

/* Tokens are the authorizations' now, and a challenge that was only offered is not stored. */
static void check_first_challenges(struct arena *mem, struct db *db)
{
    static const char *const tokens[] = {"t1", "t2", "t3"};
    static const enum ca_status statuses[] = {CA_STATUS_VALID, CA_STATUS_COUNT,
                                              CA_STATUS_PROCESSING};

    for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
        const struct ca_authorization *authorization;
        const struct ca_challenge *challenge;

        must(ca_authorization_get(mem, db, (int64_t)i + 1, &authorization, &err));
        assert_string_equal(authorization->token, tokens[i]);
        must(ca_challenge_of(mem, db, (int64_t)i + 1, &challenge, &err));
        assert_int_equal(challenge ? challenge->status : CA_STATUS_COUNT, statuses[i]);
    }
}

/* What a database of the first release holds is of the profile `classic`. */
static void test_first_schema(void **state)
{
    static const char rows[] =
        "INSERT INTO account (id, key_hash, jwk, status, contact, created_at)"
        " VALUES (1, 'k', '{}', 'valid', '[]', 1);"
        "INSERT INTO acme_order (id, account_id, status, names, created_at, expires_at)"
        " VALUES (1, 1, 'ready', 'a.test', 1, 2);"
        "INSERT INTO acme_authorization (id, account_id, name, status, created_at, expires_at)"
        " VALUES (1, 1, 'a.test', 'valid', 1, 2), (2, 1, 'b.test', 'pending', 1, 2),"
        " (3, 1, 'c.test', 'pending', 1, 2);"
        "INSERT INTO challenge (id, authorization_id, type, token, status)"
        " VALUES (1, 1, 'http-01', 't1', 'valid'), (2, 2, 'http-01', 't2', 'pending'),"
        " (3, 3, 'http-01', 't3', 'processing');";
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct ca_authorization *authorization;
    const struct ca_account *account;
    const struct ca_order *order;
    struct db *db, *tx = NULL;

    (void)state;
    must(db_open_sqlite(store_dir_next(mem), 4, &db, &err));
    must(db_migrate(db, ca_migrations, 1, NULL, &err));
    must(db_tx_begin(db, &tx, &err) && db_script(tx, rows, &err) && db_tx_commit(&tx, &err));
    must(db_migrate(db, ca_migrations, ca_migrations_count, NULL, &err));
    must(ca_order_get(mem, db, 1, &order, &err));
    assert_string_equal(order->profile, "classic");
    assert_null(order->replaces);
    must(ca_authorization_get(mem, db, 1, &authorization, &err));
    assert_string_equal(authorization->profile, "classic");
    must(ca_account_get(mem, db, 1, &account, &err));
    assert_int_equal(account->lost_at, 0);
    check_first_challenges(mem, db);
    db_close(db);
}

static struct ca_issued issued_of(const struct world *w, const char *serial)
{
    return (struct ca_issued){.serial = serial,
                              .order_id = w->order,
                              .account_id = w->account,
                              .issuer_id = ISSUER,
                              .names = two_names(),
                              .der = slice_str("der"),
                              .key_hash = "hash",
                              .not_before = 1,
                              .not_after = 2,
                              .created_at = 3};
}

/* Never two certificates for one order; never one of an issuer that is not known. */
static void test_certificates(void **state)
{
    struct world *w = *state;
    struct ca_issued first = issued_of(w, "05aa"), second = issued_of(w, "05bb");
    const struct ca_issued *found;
    struct ca_issuer issuer;
    int64_t count;

    assert_false(ca_issued_add(w->mem, w->db, &first, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_false(ca_issuer_get(w->mem, w->db, ISSUER, &issuer, &err));
    assert_string_equal(err.text, "issuer " ISSUER " is not in the database");
    must(ca_issuer_add(w->db, &(struct ca_issuer){ISSUER, "PEM", "other PEM", AT}, &err));
    must(ca_issuer_add(w->db, &(struct ca_issuer){ISSUER, "later", NULL, AT}, &err));
    must(ca_issuer_get(w->mem, w->db, ISSUER, &issuer, &err));
    assert_string_equal(issuer.chain_pem, "PEM");
    assert_string_equal(issuer.alternate_pem, "other PEM");
    must(ca_issuer_get(w->mem, w->db, "0123456789abcdef", &issuer,
                       &err)); /* its beginning will do */
    assert_string_equal(issuer.id, ISSUER);
    assert_false(ca_issuer_get(w->mem, w->db, "0123456789abcde", &issuer, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    must(ca_issued_add(w->mem, w->db, &first, &err));
    assert_false(ca_issued_add(w->mem, w->db, &second, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    must(ca_issued_revoke(w->db, "05aa", 4, AT, &err));
    assert_false(ca_issued_revoke(w->db, "05aa", 1, AT + 1, &err));
    assert_int_equal(err.code, ERR_LOST_RACE);
    must(ca_issued_get(w->mem, w->db, "05aa", &found, &err));
    assert_int_equal(found->revoked_at, AT);
    assert_int_equal(found->revocation_reason, 4);
    assert_string_equal(ca_names_text(w->mem, &found->names), "a.test,b.test");
    must(ca_issued_get(w->mem, w->db, "05bb", &found, &err));
    assert_null(found);
    must(ca_issued_renew_all(w->db, first.not_after, &count, &err)); /* expired by then */
    assert_int_equal(count, 0);
    must(ca_issued_renew_all(w->db, first.not_after - 1, &count, &err));
    assert_int_equal(count, 1);
    must(ca_issued_renew(w->db, "05aa", AT + 2, &err));
    must(ca_issued_get(w->mem, w->db, "05aa", &found, &err));
    assert_int_equal(found->renew_at, AT + 2);
    assert_false(ca_issued_renew(w->db, "05bb", AT, &err));
    assert_int_equal(err.code, ERR_LOST_RACE);
}

static void test_journal(void **state)
{
    struct world *w = *state;
    struct ca_journal journal;

    for (int i = 0; i < CA_JOURNAL_KIND_COUNT; i++) {
        struct ca_journal_entry entry = {.at = AT + i,
                                         .account_id = i % 2 ? w->account : 0,
                                         .kind = (enum ca_journal_kind)i,
                                         .subject = "1",
                                         .detail = ""};

        must(ca_journal_add(w->db, &entry, &err));
    }
    must(ca_journal_list(w->mem, w->db, &(struct ca_journal_filter){.limit = 100}, &journal, &err));
    assert_int_equal(journal.count, CA_JOURNAL_KIND_COUNT);
    for (int i = 0; i < CA_JOURNAL_KIND_COUNT; i++)
        ok((int)journal.entries[i].kind == i && journal.entries[i].id == i + 1, "row %d", i);
    must(ca_journal_list(w->mem, w->db,
                         &(struct ca_journal_filter){.limit = 100, .account_id = w->account},
                         &journal, &err));
    assert_int_equal(journal.count, CA_JOURNAL_KIND_COUNT / 2);
    must(ca_journal_list(w->mem, w->db,
                         &(struct ca_journal_filter){.limit = 2, .after_id = 3, .kind = NULL},
                         &journal, &err));
    assert_int_equal(journal.count, 2);
    assert_int_equal(journal.entries[0].id, 4);
    must(ca_journal_list(w->mem, w->db,
                         &(struct ca_journal_filter){.limit = 9, .kind = "order.created"}, &journal,
                         &err));
    assert_int_equal(journal.count, 1);
    all_ok();
}

static void test_unknown_text_is_an_error(void **state)
{
    static const struct query spoil = {.name = "test.spoil",
                                       .sql = "UPDATE acme_order SET status = 'new'",
                                       .params = "",
                                       .cols = ""};
    struct world *w = *state;
    const struct ca_order *order;

    must(db_exec(w->db, &spoil, NULL, &err, QNONE));
    assert_false(ca_order_get(w->mem, w->db, w->order, &order, &err));
    assert_string_equal(err.text, "unknown status \"new\" in the database");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_WORLD(test_accounts),
        IN_A_WORLD(test_lost_accounts),
        cmocka_unit_test(test_first_schema),
        IN_A_WORLD(test_certificates),
        IN_A_WORLD(test_journal),
        IN_A_WORLD(test_unknown_text_is_an_error),
    };

    return cmocka_run_group_tests(tests, store_dir_make, store_dir_remove);
}
