/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * journal_store: what the CA has done, a row for each effect, written in the transaction of the
 * effect: what is in the journal happened, and what happened is in the journal. Orders and
 * certificates are counted here.
 */
#include "db/db.h"

#define CA_JOURNAL_KINDS(X)                                                                        \
    X(ACCOUNT_CREATED, "account.created")                                                          \
    X(ACCOUNT_UPDATED, "account.updated")                                                          \
    X(ACCOUNT_DEACTIVATED, "account.deactivated")                                                  \
    X(ACCOUNT_KEY_CHANGED, "account.key_changed")                                                  \
    X(ORDER_CREATED, "order.created")                                                              \
    X(ORDER_REPEATED, "order.repeated") /* an identical open order was returned again */           \
    X(ORDER_FINALIZED, "order.finalized")                                                          \
    X(ORDER_FAILED, "order.failed")                                                                \
    X(AUTHORIZATION_DEACTIVATED, "authorization.deactivated")                                      \
    X(CHALLENGE_STARTED, "challenge.started")                                                      \
    X(CHALLENGE_VALID, "challenge.valid")                                                          \
    X(CHALLENGE_INVALID, "challenge.invalid")                                                      \
    X(NAME_PAUSED, "name.paused")                                                                  \
    X(NAMES_UNPAUSED, "names.unpaused")                                                            \
    X(CERTIFICATE_ISSUED, "certificate.issued")                                                    \
    X(CERTIFICATE_REVOKED, "certificate.revoked")                                                  \
    /* by an operator: ca/manage.h */                                                              \
    X(CERTIFICATES_REVOKED, "certificates.revoked")                                                \
    X(RENEWAL_FORCED, "renewal.forced")                                                            \
    X(ACCOUNTS_LOST, "accounts.lost")                                                              \
    X(CLOCK_MOVED, "clock.moved")                                                                  \
    X(TERMS_CHANGED, "terms.changed")                                                              \
    X(TERMS_AGREED, "terms.agreed")                                                                \
    X(EAB_KEY_ADDED, "eab_key.added")                                                              \
    X(EAB_KEY_REVOKED, "eab_key.revoked")

#define X(id, name) CA_JOURNAL_##id,
enum ca_journal_kind { CA_JOURNAL_KINDS(X) CA_JOURNAL_KIND_COUNT };
#undef X

const char *ca_journal_kind_name(enum ca_journal_kind kind);
MUST_CHECK bool ca_journal_kind_parse(const char *name, enum ca_journal_kind *out);

struct ca_journal_entry {
    int64_t id; /* rises by one a row */
    int64_t at;
    int64_t account_id; /* 0 = none: a revocation by the certificate's key, an operator */
    enum ca_journal_kind kind;
    const char
        *subject;       /* account, order, authorization or challenge id; serial of a certificate */
    const char *detail; /* names, reason, problem; may be "" */
};

struct ca_journal {
    const struct ca_journal_entry *entries; /* oldest first */
    size_t count;
};

/* 0 and NULL: any. */
struct ca_journal_filter {
    int64_t account_id;
    const char *kind;
    const char *text; /* somewhere in subject or detail, as it is written there */
    int64_t after_id;
    int64_t limit; /* 1..CA_JOURNAL_LIMIT */
    bool is_last;  /* the last so many of those, in place of the first */
};
#define CA_JOURNAL_LIMIT 10000

/* `entry->id` is given by the database. */
MUST_CHECK bool ca_journal_add(struct db *db, const struct ca_journal_entry *entry,
                               struct err *err);
MUST_CHECK bool ca_journal_list(struct arena *mem, struct db *db,
                                const struct ca_journal_filter *filter, struct ca_journal *out,
                                struct err *err);

/* Deletes entries from before `before` among the `limit` (1..) oldest; the newest one stays. */
MUST_CHECK bool ca_journal_tidy(struct db *tx, int64_t before, int64_t limit, int64_t *count,
                                struct err *err);

extern const struct query_list ca_journal_queries;
