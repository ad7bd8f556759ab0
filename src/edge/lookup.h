/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * lookup: from what a visitor sends (SNI, Host, path) to the key in LMDB. Nothing a visitor sends
 * can name another kind of record: the kind is the first octet of the key, and names are checked.
 */
#include "edge/record.h"

struct edge_db_key {
    size_t len;
    unsigned char octets[EDGE_DB_KEY_MAX];
};

struct edge_host_name {
    size_t len;
    unsigned char text[EDGE_HOST_MAX];
};

static inline struct slice edge_db_key_view(const struct edge_db_key *key)
{
    return slice_of(key->octets, key->len);
}

static inline struct slice edge_host_name_view(const struct edge_host_name *name)
{
    return slice_of(name->text, name->len);
}

/* SNI or Host without port -> lower case, without one final dot. False: not a host name. */
MUST_CHECK bool edge_host_name(struct slice text, struct edge_host_name *out);
/* The server name of a TLS server_name extension (RFC 6066 section 3): exactly one host_name. */
MUST_CHECK bool edge_sni(struct slice extension, struct slice *name);

/* Whether an ALPN extension (RFC 7301 section 3.1) asks for the protocol of tls-alpn-01 and for
 * nothing else, as a CA must (RFC 8737 section 4). */
#define EDGE_ALPN_ACME "acme-tls/1"
bool edge_alpn_is_acme(struct slice extension);

/*
 * "crt-0123.certificate.invalid" -> "crt_0123": the name by which the worker sees whether an edge
 * can show one certificate before any visitor gets it. No visitor can have such a name (RFC 6761
 * section 6.4), and no host record may. `host` is a checked name. False: another name.
 */
#define EDGE_PREVIEW_DOMAIN "certificate.invalid"
struct edge_preview {
    size_t len;
    unsigned char id[EDGE_ID_MAX];
};
MUST_CHECK bool edge_preview(struct slice host, struct edge_preview *out);

/* The LMDB key of a record. False when `key` is empty or too long. */
MUST_CHECK bool edge_db_key(enum edge_kind kind, struct slice key, struct edge_db_key *out);
/* "shop.site.example" -> "*.site.example": the record of a name that has none of its own (RFC 6125
 * section 6.4.3: the star stands for exactly one label). False: nothing could be above it. */
MUST_CHECK bool edge_host_above(struct slice host, struct edge_host_name *out);

/* The LMDB key of a challenge; `host` is a checked name. False when `token` is none. */
MUST_CHECK bool edge_challenge_db_key(struct slice host, struct slice token,
                                      struct edge_db_key *out);

/* What the LMDB keys of all challenges of a host begin with. */
MUST_CHECK bool edge_challenge_db_prefix(struct slice host, struct edge_db_key *out);

#define EDGE_CHALLENGE_PATH  "/.well-known/acme-challenge/"
#define EDGE_CHECK_PATH      "/.well-known/host-check/"
#define EDGE_CHECK_TOKEN_MIN 22
#define EDGE_CHECK_TOKEN_MAX 64

enum edge_path { EDGE_PATH_OTHER, EDGE_PATH_CHALLENGE, EDGE_PATH_CHECK };
/* Which of the paths that Latchkey answers itself `path` is under; `token` is what follows. */
enum edge_path edge_path(struct slice path, struct slice *token);
bool edge_check_token_is_valid(struct slice token);

/*
 * Reads an LMDB value as a live record of `kind`: false when it is a tombstone or not what it
 * should be, so that a damaged record is as good as none.
 */
MUST_CHECK bool edge_live_record(struct slice value, enum edge_kind kind, struct edge_record *out);
