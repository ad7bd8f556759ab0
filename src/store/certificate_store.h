/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* certificate_store: certificates that a CA issued to us. */
#include "db/db.h"
#include "store/page.h"
#include "store/scope.h"
#include "store/text_list.h"

#define CERTIFICATE_STATES(X)                                                                      \
    X(ISSUED, "issued")         /* stored, not yet seen on the wire */                             \
    X(LIVE, "live")             /* proven on every edge that counts */                             \
    X(SUPERSEDED, "superseded") /* another one of the domain is live */                            \
    X(CANCELLED, "cancelled")   /* its order or its domain has ended: no key, not served */        \
    X(REVOKED, "revoked")                                                                          \
    X(EXPIRED, "expired")

#define X(id, name) CERTIFICATE_##id,
enum certificate_state { CERTIFICATE_STATES(X) CERTIFICATE_STATE_COUNT };
#undef X

struct certificate {
    const char *id;
    const char *partner_id;
    const char *account_id;
    const char *domain_id;
    const char *issuance_id;
    const char *serial; /* lower-case hex */
    struct text_list names;
    int64_t not_before_at;
    int64_t not_after_at;
    const char *issuer;      /* common name of the issuing certificate */
    struct slice leaf;       /* DER */
    struct slice chain;      /* DER of the issuing certificates one after another, leaf excluded */
    struct slice sealed_key; /* only for certificate_store_add(); see certificate_store_key() */
    const char *key_type;    /* "p256" */
    const char *key_fingerprint; /* lower-case hex of SHA-256 of SubjectPublicKeyInfo */
    const char *trust;           /* model/badge.h trust_name() */
    enum certificate_state state;
    int64_t created_at;        /* when it was ordered of the CA: it is no older */
    int64_t ended_at;          /* since when it is not live any more; 0: it is, or never was */
    const char *revoke_reason; /* why it shall be revoked at its CA; NULL: it shall not */
    int64_t revoked_at;        /* 0: not yet */
    const char *ca;            /* its id in the configuration: there it is renewed */
};

struct certificate_filter {
    struct page page;
    const char *domain_id;               /* NULL: any */
    const enum certificate_state *state; /* NULL: any */
};

struct certificate_list {
    const struct certificate *items;
    size_t count;
    bool has_more;
};

extern const struct query_list certificate_queries;

/* ERR_CONFLICT, field "certificate.issuance_id": the issuance has one already. */
MUST_CHECK bool certificate_store_add(struct db *db, const struct certificate *certificate,
                                      struct err *err);
/* *out is NULL when it is not there or outside of the scope. */
MUST_CHECK bool certificate_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                                      const char *id, const struct certificate **out,
                                      struct err *err);
/* What the domain's visitors should get: the live one, else the newest issued one; *out is NULL
 * when there is none. */
MUST_CHECK bool certificate_store_current(struct arena *mem, struct db *db,
                                          const struct scope *scope, const char *domain_id,
                                          const struct certificate **out, struct err *err);
MUST_CHECK bool certificate_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                       const struct certificate_filter *filter,
                                       struct certificate_list *out, struct err *err);
/* Makes `id` the live one of its domain, and what was live before it superseded. ERR_LOST_RACE when
 * it is neither issued nor live. `tx` is a transaction. */
MUST_CHECK bool certificate_store_go_live(struct db *tx, const char *id, int64_t now,
                                          struct err *err);
/* When a live certificate was looked at on the wire last, and when the next time is. */
struct certificate_sample {
    int64_t sampled_at, sample_at;
};
MUST_CHECK bool certificate_store_set_sample(struct db *db, const char *id,
                                             struct certificate_sample sample, struct err *err);
/* Live and valid certificates of domains that are still there, to be looked at: sample_at has come
 * at `now`, or sampled_at is not after `since`. At most `limit`: of each those that are due
 * longest, and what was sampled longest ago first. */
struct certificate_due {
    int64_t now, since, limit;
};
MUST_CHECK bool certificate_store_due(struct arena *mem, struct db *db,
                                      const struct certificate_due *which,
                                      struct certificate_list *out, struct err *err);
/* The earliest sample_at after `now` of a live one; INT64_MAX when there is none. */
MUST_CHECK bool certificate_store_next_sample(struct db *db, int64_t now, int64_t *at,
                                              struct err *err);
/* Marks what has expired by `now`, at most 500; *out are those that were live, as they were before.
 * `tx` is a transaction. */
MUST_CHECK bool certificate_store_expire(struct arena *mem, struct db *tx, int64_t now,
                                         struct certificate_list *out, struct err *err);
/* When the next one expires; INT64_MAX: none will. */
MUST_CHECK bool certificate_store_next_expiry(struct db *db, int64_t *at, struct err *err);
/* Live ones without a job of this kind, at most 500. */
MUST_CHECK bool certificate_store_without_job(struct arena *mem, struct db *db, const char *kind,
                                              struct certificate_list *out, struct err *err);
/* Those of a domain that have ended and still have their key, oldest first; but for those whose CA
 * has yet to revoke them for the compromise of that key, which it signs. */
MUST_CHECK bool certificate_store_ended(struct arena *mem, struct db *db, const char *domain_id,
                                        struct certificate_list *out, struct err *err);
/* The sealed key, for the worker that builds the edges' record; data NULL when there is no such
 * certificate, empty when the key was destroyed. */
MUST_CHECK bool certificate_store_key(struct arena *mem, struct db *db, const char *id,
                                      struct slice *sealed_key, struct err *err);

const char *certificate_state_name(enum certificate_state state);
MUST_CHECK bool certificate_state_parse(const char *name, enum certificate_state *out);
