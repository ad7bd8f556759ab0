/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/manage.h"

#include "base/clock.h"
#include "base/period.h"
#include "ca/account_store.h"
#include "ca/certificate_store.h"
#include "ca/journal_store.h"
#include "ca/limit_store.h"
#include "ca/reason.h"
#include "ca/state_dir.h"

#define SECOND_MS    INT64_C(1000)
#define CLOCK_STEP_S (INT64_C(100) * 365 * 86400)

/* The entry in the journal, with a count as its detail, and the end of the transaction. */
static bool finish(struct arena *mem, struct db **tx, struct ca_journal_entry *entry,
                   const char *what, int64_t count, struct err *err)
{
    entry->detail = arena_printf(mem, "%s: %lld", what, (long long)count);
    return ca_journal_add(*tx, entry, err) && db_tx_commit(tx, err);
}

static bool check_account(struct arena *mem, struct db *db, int64_t account_id, struct err *err)
{
    const struct ca_account *account = NULL;

    if (!account_id)
        return true;
    if (!ca_account_get(mem, db, account_id, &account, err))
        return false;
    return account ||
           err_set(err, ERR_NOT_FOUND, "there is no account %lld", (long long)account_id);
}

static bool no_certificate(const char *serial, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no certificate with serial %s", serial);
}

static bool mark(struct db *tx, const char *serial, int64_t at, int64_t *count, struct err *err)
{
    if (!serial)
        return ca_issued_renew_all(tx, at, count, err);
    *count = 1;
    if (ca_issued_renew(tx, serial, at, err))
        return true;
    return err->code == ERR_LOST_RACE ? no_certificate(serial, err) : false;
}

bool ca_renew_now(struct arena *mem, struct db *db, const char *serial, int64_t *count,
                  struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const char *known = serial ? ca_lower_case(mem, serial) : NULL;
    struct ca_journal_entry entry = {
        .at = clock_now(), .kind = CA_JOURNAL_RENEWAL_FORCED, .subject = known ? known : "all"};

    return db_tx_begin(db, &tx, err) && mark(tx, known, entry.at, count, err) &&
           finish(mem, &tx, &entry, "certificates", *count, err);
}

static bool revoke_one(struct arena *mem, struct db *tx, const char *serial,
                       const struct ca_mass_revocation *which, struct err *err)
{
    const struct ca_issued *issued;

    if (!ca_issued_get(mem, tx, serial, &issued, err))
        return false;
    if (!issued || (which->account_id && issued->account_id != which->account_id))
        return no_certificate(serial, err);
    if (issued->revoked_at)
        return err_set(err, ERR_CONFLICT, "the certificate %s is revoked already", serial);
    return ca_issued_revoke(tx, serial, which->reason, clock_now(), err);
}

bool ca_revoke_now(struct arena *mem, struct db *db, const struct ca_mass_revocation *which,
                   int64_t *count, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const char *serial = which->serial ? ca_lower_case(mem, which->serial) : NULL;
    struct ca_journal_entry entry = {
        .at = clock_now(),
        .account_id = which->account_id,
        .kind = serial ? CA_JOURNAL_CERTIFICATE_REVOKED : CA_JOURNAL_CERTIFICATES_REVOKED,
        .subject = serial ? serial : "all",
    };
    bool is_done;

    if (!check_account(mem, db, which->account_id, err) || !db_tx_begin(db, &tx, err))
        return false;
    *count = 1;
    is_done =
        serial ? revoke_one(mem, tx, serial, which, err)
               : ca_issued_revoke_all(tx, which->account_id, which->reason, entry.at, count, err);
    return is_done && finish(mem, &tx, &entry, ca_reason_name(which->reason), *count, err);
}

bool ca_lose_accounts(struct arena *mem, struct db *db, int64_t *count, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_journal_entry entry = {
        .at = clock_now(), .kind = CA_JOURNAL_ACCOUNTS_LOST, .subject = "all"};

    return db_tx_begin(db, &tx, err) && ca_account_lose_all(tx, entry.at, count, err) &&
           finish(mem, &tx, &entry, "accounts", *count, err);
}

bool ca_unpause(struct arena *mem, struct db *db, int64_t account_id, int64_t *count,
                struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_journal_entry entry = {.at = clock_now(),
                                     .account_id = account_id,
                                     .kind = CA_JOURNAL_NAMES_UNPAUSED,
                                     .subject = "all"};

    return check_account(mem, db, account_id, err) && db_tx_begin(db, &tx, err) &&
           ca_pause_end(tx, account_id, count, err) &&
           finish(mem, &tx, &entry, "names", *count, err);
}

/* --- the clock ------------------------------------------------------------------------------- */

static bool read_clock(const char *to, int64_t *offset_ms, struct err *err)
{
    int64_t real = clock_real_ms(), at, step_s;

    if (strcmp(to, "real") == 0) {
        *offset_ms = 0;
        return true;
    }
    if (*to == '+' || *to == '-') {
        if (!period_parse(to + 1, CLOCK_STEP_S, &step_s, err)) {
            err->code = ERR_BAD_INPUT;
            return false;
        }
        *offset_ms = clock_now() - real + (*to == '+' ? step_s : -step_s) * SECOND_MS;
        return true;
    }
    if (!clock_parse(to, &at, err))
        return err_set(
            err, ERR_BAD_INPUT,
            "\"%.40s\" is neither \"real\", nor a step such as +90d or -1h, nor an RFC 3339 "
            "time",
            to);
    *offset_ms = at - real;
    return true;
}

/* No instant here is before 1970; until 2170 that is the nearer limit to the past. */
static bool check_offset(int64_t offset_ms, struct err *err)
{
    if (offset_ms < -CLOCK_OFFSET_MAX_MS || offset_ms > CLOCK_OFFSET_MAX_MS)
        return err_set(err, ERR_BAD_INPUT, "the clock can be moved by 200 years at most");
    return clock_real_ms() + offset_ms >= 0 ||
           err_set(err, ERR_BAD_INPUT, "the clock cannot be moved before 1970-01-01T00:00:00Z");
}

bool ca_move_clock(struct arena *mem, struct db *db, const char *to, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_journal_entry entry = {.kind = CA_JOURNAL_CLOCK_MOVED, .subject = to};
    const char *text;
    int64_t offset_ms;

    if (!clock_offset_file())
        return err_set(err, ERR_CONFLICT,
                       "the clock of this CA cannot be moved: it was started without "
                       "LATCHKEY_CLOCK_FILE");
    if (!read_clock(to, &offset_ms, err) || !check_offset(offset_ms, err))
        return false;
    text = arena_printf(mem, "%lld\n", (long long)offset_ms);
    entry.at = clock_real_ms() + offset_ms;
    entry.detail = arena_printf(mem, "offset: %lld s", (long long)(offset_ms / SECOND_MS));
    if (!db_tx_begin(db, &tx, err) || !ca_journal_add(tx, &entry, err) ||
        !ca_state_write(mem, clock_offset_file(), slice_str(text), 0644, err) ||
        !db_tx_commit(&tx, err))
        return false;
    clock_read_again();
    return true;
}
