/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/terms.h"

#include "base/clock.h"
#include "ca/account_store.h"
#include "ca/journal_store.h"
#include "ca/service.h"
#include "ca/terms_store.h"

static const char *version_text(struct arena *mem, int64_t version)
{
    return arena_printf(mem, "%lld", (long long)version);
}

const char *ca_terms_url(struct arena *mem, const struct ca *ca)
{
    return ca_url(mem, ca, CA_TERMS_PATH "/%s", version_text(mem, atomic_load(&ca->terms_version)));
}

bool ca_terms_load(struct ca *ca, struct err *err)
{
    int64_t version;

    if (!ca_terms_current(ca->mem, ca->db, &version, err))
        return false;
    atomic_store(&ca->terms_version, version);
    return true;
}

bool ca_terms_renew(struct arena *mem, struct ca *ca, int64_t *version, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_journal_entry entry = {
        .at = clock_now(), .kind = CA_JOURNAL_TERMS_CHANGED, .detail = ""};

    if (!db_tx_begin(ca->db, &tx, err) || !ca_terms_current(mem, tx, version, err))
        return false;
    entry.subject = version_text(mem, ++*version);
    if (!ca_terms_change(tx, *version, entry.at, err) || !ca_journal_add(tx, &entry, err) ||
        !db_tx_commit(&tx, err))
        return false;
    atomic_store(&ca->terms_version, *version);
    return true;
}

bool ca_terms_accept(struct arena *mem, const struct ca *ca, int64_t account_id, int64_t *count,
                     struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    int64_t version = atomic_load(&ca->terms_version);
    const struct ca_account *account = NULL;
    struct ca_journal_entry entry = {.at = clock_now(),
                                     .account_id = account_id,
                                     .kind = CA_JOURNAL_TERMS_AGREED,
                                     .subject = version_text(mem, version)};

    if (!db_tx_begin(ca->db, &tx, err) ||
        (account_id && !ca_account_get(mem, tx, account_id, &account, err)))
        return false;
    if (account_id && !account)
        return err_set(err, ERR_NOT_FOUND, "there is no account %lld", (long long)account_id);
    if (!ca_terms_agree(tx, account_id, version, count, err))
        return false;
    entry.detail = arena_printf(mem, "accounts: %lld", (long long)*count);
    return ca_journal_add(tx, &entry, err) && db_tx_commit(&tx, err);
}
