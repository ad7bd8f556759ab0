/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * issuance_store: attempts at one certificate each; the rules are model/issuance_state.h, the names
 * of an attempt issuance_name_store.h.
 */
#include "db/db.h"
#include "model/issuance_state.h"
#include "store/page.h"
#include "store/scope.h"

#define ISSUANCE_REASONS(X)                                                                        \
    X(ORDER, "order")                                                                              \
    X(RENEWAL, "renewal")                                                                          \
    X(REISSUE, "reissue")                                                                          \
    X(NAME_JOINED, "name_joined")                                                                  \
    X(REVOKED, "revoked")

#define X(id, name) ISSUANCE_FOR_##id,
enum issuance_reason { ISSUANCE_REASONS(X) ISSUANCE_REASON_COUNT };
#undef X

struct issuance {
    /* Fixed when it is added. */
    const char *id;
    const char *partner_id;
    const char *account_id;
    const char *domain_id;
    const char *order_id;        /* NULL: not for an order */
    const char *subscription_id; /* NULL until there is one; may be set later */
    enum issuance_reason reason;
    const char *ca;          /* name of the CA in the configuration; may change */
    const char *replaces_id; /* the certificate in whose place this one is asked for, or NULL */
    int64_t created_at;

    /* Written by issuance_store_save(). Text NULL, slice {NULL, 0} and 0 stand for "not yet". */
    enum issuance_state state;
    const char *ca_account_id;
    const char *certificate_id; /* allocated together with the key */
    const char *key_type;       /* "p256" */
    struct slice sealed_key;    /* tls/seal.h, owner = certificate_id */
    struct slice public_key;    /* SubjectPublicKeyInfo, DER */
    struct slice csr;           /* DER */
    const char *intent;         /* the effect outside that is under way; NULL: none */
    const char *acme_order_url;
    const char *finalize_url;
    const char *certificate_url;
    int64_t wait_seq; /* the feed sequence that the edges must acknowledge */
    int64_t attempts;
    int64_t ca_failures;      /* calls in a row that the CA did not answer */
    bool is_replaces_refused; /* the CA does not take it as the successor of replaces_id */
    const char *error_code;   /* err_name() or a finding's code */
    const char *error_text;
    const char *problem; /* the CA's problem document, JSON */
    int64_t next_try_at;
    int64_t checked_at; /* the stages, each when it was passed first */
    int64_t ordered_at;
    int64_t published_at;
    int64_t validated_at;
    int64_t issued_at;
    int64_t deployed_at;
    int64_t live_at;

    int64_t version; /* of the row that was read; kept by the store */
};

struct issuance_filter {
    struct page page;
    const char *domain_id; /* NULL: any */
};

struct issuance_list {
    const struct issuance *items;
    size_t count;
    bool has_more;
};

extern const struct query_list issuance_queries;

/* The err.field of the rule that a domain has one issuance that is not in a final state. */
#define ISSUANCE_IS_OPEN "issuance.domain_id"
/* Stores every member; version becomes 1. ERR_CONFLICT, field ISSUANCE_IS_OPEN. */
MUST_CHECK bool issuance_store_add(struct db *db, const struct issuance *issuance, struct err *err);
/* *out is NULL when it is not there or outside of the scope. */
MUST_CHECK bool issuance_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                                   const char *id, const struct issuance **out, struct err *err);
/* The newest of a domain, whatever its state; *out is NULL when there is none. */
MUST_CHECK bool issuance_store_latest(struct arena *mem, struct db *db, const struct scope *scope,
                                      const char *domain_id, const struct issuance **out,
                                      struct err *err);
MUST_CHECK bool issuance_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                    const struct issuance_filter *filter, struct issuance_list *out,
                                    struct err *err);
/* What waits for the edges to take something up: publishing, staging, deploying. */
struct issuance_wait {
    const char *id;
    int64_t seq; /* wait_seq */
};
struct issuance_wait_list {
    const struct issuance_wait *items;
    size_t count;
};
MUST_CHECK bool issuance_store_waiting(struct arena *mem, struct db *db,
                                       struct issuance_wait_list *out, struct err *err);
/*
 * Stores all members but the fixed ones (subscription_id and ca are stored too). ERR_LOST_RACE when
 * the row has not issuance->version any more; else issuance->version is one more.
 */
MUST_CHECK bool issuance_store_save(struct db *db, struct issuance *issuance, struct err *err);

/* The keys of all issuances of a domain are destroyed. */
MUST_CHECK bool issuance_store_forget_keys(struct db *db, const char *domain_id, struct err *err);
/* How many reissues by hand of a subscription began after `since` and did not fail. */
struct subscription;
struct issuance_count {
    int64_t count;
    int64_t first_at; /* when the first of them began; 0: none */
};
MUST_CHECK bool issuance_store_count_reissues(struct arena *mem, struct db *db,
                                              const struct subscription *subscription,
                                              int64_t since, struct issuance_count *out,
                                              struct err *err);

const char *issuance_reason_name(enum issuance_reason reason);
MUST_CHECK bool issuance_reason_parse(const char *name, enum issuance_reason *out);
