/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/manage.h"

#include "base/clock.h"
#include "ca/account_store.h"
#include "ca/certificate_store.h"
#include "ca/database.h"
#include "ca/limit_store.h"

bool ca_read_journal(struct arena *mem, const char *dir, const struct ca_journal_filter *filter,
                     struct ca_journal *out, struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;

    return ca_database_open_existing(mem, dir, &db, err) &&
           ca_journal_list(mem, db, filter, out, err);
}

static const char *lower_case(struct arena *mem, const char *serial)
{
    char *out = arena_strdup(mem, serial);

    for (char *at = out; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at | 0x20);
    }
    return out;
}

static bool mark(struct arena *mem, struct db *tx, const char *serial, int64_t at, int64_t *count,
                 struct err *err)
{
    if (!serial)
        return ca_issued_renew_all(tx, at, count, err);
    *count = 1;
    if (ca_issued_renew(tx, lower_case(mem, serial), at, err))
        return true;
    return err->code == ERR_LOST_RACE
               ? err_set(err, ERR_NOT_FOUND, "there is no certificate with serial %s", serial)
               : false;
}

bool ca_renew_now(struct arena *mem, const char *dir, const char *serial, int64_t *count,
                  struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_journal_entry entry = {.at = clock_now(),
                                     .kind = CA_JOURNAL_RENEWAL_FORCED,
                                     .subject = serial ? lower_case(mem, serial) : "all"};

    if (!ca_database_open_existing(mem, dir, &db, err) || !db_tx_begin(db, &tx, err) ||
        !mark(mem, tx, serial, entry.at, count, err))
        return false;
    entry.detail = arena_printf(mem, "certificates: %lld", (long long)*count);
    return ca_journal_add(tx, &entry, err) && db_tx_commit(&tx, err);
}

bool ca_lose_accounts(struct arena *mem, const char *dir, int64_t *count, struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_journal_entry entry = {
        .at = clock_now(), .kind = CA_JOURNAL_ACCOUNTS_LOST, .subject = "all"};

    if (!ca_database_open_existing(mem, dir, &db, err) || !db_tx_begin(db, &tx, err) ||
        !ca_account_lose_all(tx, entry.at, count, err))
        return false;
    entry.detail = arena_printf(mem, "accounts: %lld", (long long)*count);
    return ca_journal_add(tx, &entry, err) && db_tx_commit(&tx, err);
}

bool ca_unpause_in(struct arena *mem, struct db *db, int64_t account_id, int64_t *count,
                   struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_journal_entry entry = {.at = clock_now(),
                                     .account_id = account_id,
                                     .kind = CA_JOURNAL_NAMES_UNPAUSED,
                                     .subject = "all"};

    if (!db_tx_begin(db, &tx, err) || !ca_pause_end(tx, account_id, count, err))
        return false;
    entry.detail = arena_printf(mem, "names: %lld", (long long)*count);
    return ca_journal_add(tx, &entry, err) && db_tx_commit(&tx, err);
}

bool ca_unpause(struct arena *mem, const char *dir, int64_t account_id, int64_t *count,
                struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    const struct ca_account *account = NULL;

    if (!ca_database_open_existing(mem, dir, &db, err) ||
        (account_id && !ca_account_get(mem, db, account_id, &account, err)))
        return false;
    if (account_id && !account)
        return err_set(err, ERR_NOT_FOUND, "there is no account %lld", (long long)account_id);
    return ca_unpause_in(mem, db, account_id, count, err);
}
