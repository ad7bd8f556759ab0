/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * record: what travels from the worker to every edge, and stands in the edge's LMDB in these very
 * octets. The nginx module reads it, so nothing here allocates or ends the process: views point
 * into the caller's octets, writers fill the caller's `struct buf`.
 *
 * Form (big-endian): version u8 = 1, kind u8, flags u16, epoch u64, rev u64, key length u16, body
 * length u32, key, body, feed key id u8, MAC 32 octets. The LMDB key is the kind octet and the key.
 * A deletion is the key with EDGE_TOMBSTONE and an empty body: it is kept, so that an older record
 * cannot come back. Newer means (epoch, rev) greater.
 *
 * Reading is strict: every length is checked, and an octet too many, an unknown version, kind or
 * flag, or a name that is no host name is a fault. Not checked here: the MAC (record_digest.h), and
 * whether DER is a certificate.
 */
#include "base/buf.h"
#include "base/slice.h"

#define EDGE_VERSION         1
#define EDGE_HEADER_SIZE     26
#define EDGE_MAC_SIZE        32
#define EDGE_TRAILER_SIZE    (1 + EDGE_MAC_SIZE) /* feed key id and MAC */
#define EDGE_HASH_SIZE       32
#define EDGE_KEY_MAX         510 /* LMDB takes 511, one is the kind */
#define EDGE_DB_KEY_MAX      (1 + EDGE_KEY_MAX)
#define EDGE_BODY_MAX        40000 /* base64url of a whole record fits a request to the signer */
#define EDGE_RECORD_MAX      (EDGE_HEADER_SIZE + EDGE_KEY_MAX + EDGE_BODY_MAX + EDGE_TRAILER_SIZE)
#define EDGE_HOST_MAX        253
#define EDGE_LABEL_MAX       63
#define EDGE_STAR            "*."
#define EDGE_ID_MAX          64
#define EDGE_TOKEN_MAX       128
#define EDGE_THUMBPRINT_SIZE 43 /* base64url of SHA-256 */
#define EDGE_LEAF_MAX        16384
#define EDGE_SEALED_MAX      4126 /* SEAL_PLAIN_MAX and what a seal adds */
#define EDGE_CHAIN_MAX       4    /* certificates, the leaf not counted */
#define EDGE_CHAIN_DER_MAX   8192
#define EDGE_POINT_SIZE      65 /* uncompressed P-256 point */
#define EDGE_CHECK_KEY_SIZE  32
#define EDGE_ORIGINS_MAX     256
#define EDGE_ADDRESS_MAX     64
#define EDGE_SETTINGS_KEY    "settings"
#define EDGE_END_SIZE        (8 + EDGE_HASH_SIZE)
#define EDGE_END_KEY         "end"

/* kind, its octet, may be deleted */
#define EDGE_KINDS(X)                                                                              \
    X(HOST, 'h', true)        /* key: host name, or "*." and one: see edge_host_key_is_valid() */  \
    X(CERTIFICATE, 'c', true) /* key: certificate id */                                            \
    X(CHAIN, 'i', true)       /* key: SHA-256 of the chain, see edge_chain_hash() */               \
    X(CHALLENGE, 't', true)   /* key: host 0x00 token */                                           \
    X(SETTINGS, 'S', false)   /* key: "settings"; sorts first: hosts need it */                    \
    X(END, 'e', false) /* key: "end"; what the group's live records are, see struct edge_end */

#define X(id, octet, is_deletable) EDGE_##id = (octet),
enum edge_kind { EDGE_KINDS(X) };
#undef X

enum { EDGE_TOMBSTONE = 1 };                         /* flags of a record */
enum { EDGE_HOST_REDIRECT = 1, EDGE_HOST_HSTS = 2 }; /* flags of a host */
enum { EDGE_KEY_P256 = 1, EDGE_KEY_PKCS8 = 2 };      /* what is inside a sealed key */

#define EDGE_FAULTS(X)                                                                             \
    X(NONE, "no fault")                                                                            \
    X(SHORT, "the record is cut short")                                                            \
    X(TRAILING, "octets follow the end of the record")                                             \
    X(VERSION, "unknown record version")                                                           \
    X(KIND, "unknown record kind")                                                                 \
    X(FLAGS, "unknown flag")                                                                       \
    X(LENGTH, "a length is over its limit")                                                        \
    X(KEY, "the key does not fit the kind of record")                                              \
    X(HOST, "not a host name")                                                                     \
    X(ID, "not an id")                                                                             \
    X(KEY_TYPE, "unknown key type")                                                                \
    X(POINT, "the offset does not show an uncompressed point in the leaf")                         \
    X(AUTHORIZATION, "the key authorization does not belong to the token")                         \
    X(ADDRESS, "not an address and port")                                                          \
    X(ORDER, "the origins are not sorted or not unique")                                           \
    X(BODY, "a deletion has no body, any other record has one")

#define X(id, text) EDGE_FAULT_##id,
enum edge_fault { EDGE_FAULTS(X) EDGE_FAULT_COUNT };
#undef X

const char *edge_fault_text(enum edge_fault fault);

struct edge_record {
    enum edge_kind kind;
    bool is_tombstone;
    uint64_t epoch, rev;
    struct slice key, body;
    uint8_t kid;        /* feed key id */
    struct slice mac;   /* EDGE_MAC_SIZE octets */
    struct slice whole; /* as read: header to MAC; what LMDB stores */
};

struct edge_host {
    struct slice site_id;
    uint32_t flags;          /* EDGE_HOST_... */
    uint32_t hsts_max_age_s; /* with EDGE_HOST_HSTS; 0 makes browsers forget it */
    struct slice canonical;  /* where https visitors of this site belong; of a wildcard "*.": where
                                they are */
    struct slice origin_id;
    struct slice certificate_id; /* empty: no certificate yet */
    uint64_t issued_at; /* when that certificate was ordered, or when somebody wished to have none,
                           unix milliseconds; 0: not told */
};

struct edge_certificate {
    uint8_t key_type;      /* EDGE_KEY_... */
    uint16_t point_offset; /* of the public point in `leaf`; 0 unless EDGE_KEY_P256 */
    struct slice chain_hash;
    struct slice sealed_key; /* tls/seal.h, kind "certificate-key", owner = certificate id */
    struct slice leaf;       /* DER */
};

struct edge_chain {
    size_t count;
    struct slice der[EDGE_CHAIN_MAX]; /* in the order of the TLS message */
};

struct edge_settings {
    struct slice check_key; /* EDGE_CHECK_KEY_SIZE octets */
    size_t origin_count;
    struct slice origins; /* as encoded and checked; edge_origin_next() walks them */
};

struct edge_origin {
    struct slice id;
    struct slice address; /* "192.0.2.1:8090" or "[2001:db8::1]:8090" */
};

/* The live records of a group at one moment, so that an edge which lost track may forget the rest.
 */
struct edge_end {
    uint64_t count;      /* tombstones and this record not counted */
    struct slice digest; /* edge_digest_add() over them */
};

/*
 * Take one record, header to MAC, from the front of `in`. Only the frame is looked at: version,
 * kind, flags, lengths. On a fault `in` and `out` are untouched.
 */
MUST_CHECK enum edge_fault edge_record_take(struct slice *in, struct edge_record *out);
/* As above for octets that must hold exactly one record (an LMDB value). */
MUST_CHECK enum edge_fault edge_record_read(struct slice in, struct edge_record *out);
/* Whether key and body fit the kind, all the way down. */
MUST_CHECK enum edge_fault edge_record_check(const struct edge_record *record);
/* Whether (epoch, rev) of a is after that of b. */
bool edge_record_is_newer(const struct edge_record *a, const struct edge_record *b);

/* Read a body. The views live as long as the octets of `body`. */
MUST_CHECK enum edge_fault edge_host_read(struct slice body, struct edge_host *out);
MUST_CHECK enum edge_fault edge_certificate_read(struct slice body, struct edge_certificate *out);
MUST_CHECK enum edge_fault edge_chain_read(struct slice body, struct edge_chain *out);
MUST_CHECK enum edge_fault edge_settings_read(struct slice body, struct edge_settings *out);
MUST_CHECK enum edge_fault edge_end_read(struct slice body, struct edge_end *out);
/* Takes the next origin from the front of settings.origins; false at the end. */
MUST_CHECK bool edge_origin_next(struct slice *origins, struct edge_origin *out);
/* The address of origin `id`; false when the settings do not name it. */
MUST_CHECK bool edge_origin_find(const struct edge_settings *settings, struct slice id,
                                 struct slice *address);

/* Lower-case A-labels, 1..253 octets, labels 1..63 of a-z 0-9 and inner '-', no final dot. */
bool edge_host_is_valid(struct slice host);
/* The same, or "*." before it: of all names one label below that have no record of their own. */
bool edge_host_key_is_valid(struct slice key);
/* 1..64 of a-z 0-9 '_' '-'. */
bool edge_id_is_valid(struct slice id);
/* 1..128 of the base64url alphabet. */
bool edge_token_is_valid(struct slice token);
