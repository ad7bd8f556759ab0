/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/record.h"

static const struct kind_row {
    enum edge_kind kind;
    bool is_deletable;
} kinds[] = {
#define X(id, octet, is_deletable) {EDGE_##id, is_deletable},
    EDGE_KINDS(X)
#undef X
};

static const char *const fault_texts[EDGE_FAULT_COUNT] = {
#define X(id, text) [EDGE_FAULT_##id] = (text),
    EDGE_FAULTS(X)
#undef X
};

const char *edge_fault_text(enum edge_fault fault)
{
    return fault < EDGE_FAULT_COUNT ? fault_texts[fault] : "unknown fault";
}

static const struct kind_row *find_kind(uint8_t octet)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if ((uint8_t)kinds[i].kind == octet)
            return &kinds[i];
    return NULL;
}

struct header {
    const struct kind_row *kind;
    uint16_t flags, key_len;
    uint32_t body_len;
};

static enum edge_fault read_header(struct slice *in, struct edge_record *record, struct header *h)
{
    uint8_t version, kind;

    if (!slice_u8(in, &version))
        return EDGE_FAULT_SHORT;
    if (version != EDGE_VERSION)
        return EDGE_FAULT_VERSION;
    if (!slice_u8(in, &kind))
        return EDGE_FAULT_SHORT;
    h->kind = find_kind(kind);
    if (!h->kind)
        return EDGE_FAULT_KIND;
    if (!slice_u16(in, &h->flags) || !slice_u64(in, &record->epoch) ||
        !slice_u64(in, &record->rev) || !slice_u16(in, &h->key_len) || !slice_u32(in, &h->body_len))
        return EDGE_FAULT_SHORT;
    if (h->flags & ~EDGE_TOMBSTONE || (h->flags && !h->kind->is_deletable))
        return EDGE_FAULT_FLAGS;
    if (h->key_len == 0 || h->key_len > EDGE_KEY_MAX || h->body_len > EDGE_BODY_MAX)
        return EDGE_FAULT_LENGTH;
    if ((h->flags != 0) != (h->body_len == 0))
        return EDGE_FAULT_BODY;
    record->kind = h->kind->kind;
    record->is_tombstone = h->flags != 0;
    return EDGE_FAULT_NONE;
}

enum edge_fault edge_record_take(struct slice *in, struct edge_record *out)
{
    struct edge_record record = {.whole = *in};
    struct slice rest = *in;
    struct header header;
    enum edge_fault fault = read_header(&rest, &record, &header);

    if (fault != EDGE_FAULT_NONE)
        return fault;
    if (!slice_take(&rest, header.key_len, &record.key) ||
        !slice_take(&rest, header.body_len, &record.body) || !slice_u8(&rest, &record.kid) ||
        !slice_take(&rest, EDGE_MAC_SIZE, &record.mac))
        return EDGE_FAULT_SHORT;
    record.whole.len = in->len - rest.len;
    *in = rest;
    *out = record;
    return EDGE_FAULT_NONE;
}

enum edge_fault edge_record_read(struct slice in, struct edge_record *out)
{
    struct edge_record record;
    enum edge_fault fault = edge_record_take(&in, &record);

    if (fault != EDGE_FAULT_NONE)
        return fault;
    if (in.len != 0)
        return EDGE_FAULT_TRAILING;
    *out = record;
    return EDGE_FAULT_NONE;
}

bool edge_record_is_newer(const struct edge_record *a, const struct edge_record *b)
{
    return a->epoch != b->epoch ? a->epoch > b->epoch : a->rev > b->rev;
}

static bool is_made_of(struct slice s, size_t min, size_t max, const char *others)
{
    if (s.len < min || s.len > max)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = s.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && (c == 0 || !strchr(others, c)))
            return false;
    }
    return true;
}

bool edge_id_is_valid(struct slice id)
{
    return is_made_of(id, 1, EDGE_ID_MAX, "_-");
}

bool edge_token_is_valid(struct slice token)
{
    return is_made_of(token, 1, EDGE_TOKEN_MAX, "_-ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

bool edge_host_is_valid(struct slice host)
{
    size_t start = 0;

    if (!is_made_of(host, 1, EDGE_HOST_MAX, "-."))
        return false;
    for (size_t i = 0; i <= host.len; i++) {
        if (i < host.len && host.data[i] != '.')
            continue;
        if (i == start || i - start > EDGE_LABEL_MAX || host.data[start] == '-' ||
            host.data[i - 1] == '-')
            return false;
        start = i + 1;
    }
    return true;
}

bool edge_host_key_is_valid(struct slice key)
{
    struct slice star = SLICE_LIT(EDGE_STAR), rest = key, start;

    if (slice_starts(key, star) && slice_take(&rest, star.len, &start))
        return edge_host_is_valid(rest);
    return edge_host_is_valid(key);
}

/* A text with its length in one octet before it. */
static enum edge_fault take_text(struct slice *in, struct slice *out)
{
    uint8_t len;

    if (!slice_u8(in, &len) || !slice_take(in, len, out))
        return EDGE_FAULT_SHORT;
    return EDGE_FAULT_NONE;
}

static enum edge_fault take_id(struct slice *in, struct slice *out)
{
    enum edge_fault fault = take_text(in, out);

    if (fault == EDGE_FAULT_NONE && !edge_id_is_valid(*out))
        return EDGE_FAULT_ID;
    return fault;
}

/* Octets with their length, which may be 1..max, in two octets before them. */
static enum edge_fault take_octets(struct slice *in, size_t max, struct slice *out)
{
    uint16_t len;

    if (!slice_u16(in, &len))
        return EDGE_FAULT_SHORT;
    if (len == 0 || len > max)
        return EDGE_FAULT_LENGTH;
    return slice_take(in, len, out) ? EDGE_FAULT_NONE : EDGE_FAULT_SHORT;
}

enum edge_fault edge_host_read(struct slice body, struct edge_host *out)
{
    struct edge_host host;
    enum edge_fault fault = take_id(&body, &host.site_id);

    if (fault != EDGE_FAULT_NONE)
        return fault;
    if (!slice_u32(&body, &host.flags) || !slice_u32(&body, &host.hsts_max_age_s))
        return EDGE_FAULT_SHORT;
    if (host.flags & ~(uint32_t)(EDGE_HOST_REDIRECT | EDGE_HOST_HSTS))
        return EDGE_FAULT_FLAGS;
    fault = take_text(&body, &host.canonical);
    if (fault == EDGE_FAULT_NONE && !edge_host_is_valid(host.canonical) &&
        !slice_eq_str(host.canonical, EDGE_STAR))
        fault = EDGE_FAULT_HOST;
    if (fault == EDGE_FAULT_NONE)
        fault = take_id(&body, &host.origin_id);
    if (fault == EDGE_FAULT_NONE)
        fault = take_text(&body, &host.certificate_id);
    if (fault != EDGE_FAULT_NONE)
        return fault;
    if (host.certificate_id.len && !edge_id_is_valid(host.certificate_id))
        return EDGE_FAULT_ID;
    host.issued_at = 0;
    if (body.len && (!slice_u64(&body, &host.issued_at) || body.len))
        return EDGE_FAULT_TRAILING;
    *out = host;
    return EDGE_FAULT_NONE;
}

static enum edge_fault check_point(const struct edge_certificate *certificate)
{
    size_t offset = certificate->point_offset;

    switch (certificate->key_type) {
    case EDGE_KEY_PKCS8:
        return offset == 0 ? EDGE_FAULT_NONE : EDGE_FAULT_POINT;
    case EDGE_KEY_P256:
        if (offset == 0 || offset + EDGE_POINT_SIZE > certificate->leaf.len ||
            certificate->leaf.data[offset] != 0x04) /* SEC 1, 2.3.3: uncompressed */
            return EDGE_FAULT_POINT;
        return EDGE_FAULT_NONE;
    }
    return EDGE_FAULT_KEY_TYPE;
}

enum edge_fault edge_certificate_read(struct slice body, struct edge_certificate *out)
{
    struct edge_certificate certificate;
    enum edge_fault fault;

    if (!slice_u8(&body, &certificate.key_type) || !slice_u16(&body, &certificate.point_offset) ||
        !slice_take(&body, EDGE_HASH_SIZE, &certificate.chain_hash))
        return EDGE_FAULT_SHORT;
    fault = take_octets(&body, EDGE_SEALED_MAX, &certificate.sealed_key);
    if (fault == EDGE_FAULT_NONE)
        fault = take_octets(&body, EDGE_LEAF_MAX, &certificate.leaf);
    if (fault == EDGE_FAULT_NONE)
        fault = check_point(&certificate);
    if (fault == EDGE_FAULT_NONE && body.len)
        fault = EDGE_FAULT_TRAILING;
    if (fault == EDGE_FAULT_NONE)
        *out = certificate;
    return fault;
}

enum edge_fault edge_chain_read(struct slice body, struct edge_chain *out)
{
    struct edge_chain chain = {0};
    uint8_t count;

    if (!slice_u8(&body, &count))
        return EDGE_FAULT_SHORT;
    if (count == 0 || count > EDGE_CHAIN_MAX)
        return EDGE_FAULT_LENGTH;
    for (chain.count = 0; chain.count < count; chain.count++) {
        enum edge_fault fault = take_octets(&body, EDGE_CHAIN_DER_MAX, &chain.der[chain.count]);

        if (fault != EDGE_FAULT_NONE)
            return fault;
    }
    if (body.len)
        return EDGE_FAULT_TRAILING;
    *out = chain;
    return EDGE_FAULT_NONE;
}

enum edge_fault edge_end_read(struct slice body, struct edge_end *out)
{
    struct edge_end end;

    if (!slice_u64(&body, &end.count) || !slice_take(&body, EDGE_HASH_SIZE, &end.digest))
        return EDGE_FAULT_SHORT;
    if (body.len)
        return EDGE_FAULT_TRAILING;
    *out = end;
    return EDGE_FAULT_NONE;
}

/* key = host 0x00 token, body = token "." thumbprint (RFC 8555 section 8.1) */
static enum edge_fault check_challenge_key(struct slice key, struct slice *token)
{
    const unsigned char *zero = memchr(key.data, 0, key.len);
    size_t host_len;

    if (!zero)
        return EDGE_FAULT_KEY;
    host_len = (size_t)(zero - key.data);
    *token = slice_of(zero + 1, key.len - host_len - 1);
    if (!edge_host_is_valid(slice_of(key.data, host_len)))
        return EDGE_FAULT_HOST;
    return edge_token_is_valid(*token) ? EDGE_FAULT_NONE : EDGE_FAULT_KEY;
}

static enum edge_fault check_challenge(const struct edge_record *record)
{
    struct slice body = record->body, token, start, dot;
    enum edge_fault fault = check_challenge_key(record->key, &token);

    if (fault != EDGE_FAULT_NONE || record->is_tombstone)
        return fault;
    if (!slice_take(&body, token.len, &start) || !slice_eq(start, token) ||
        !slice_take(&body, 1, &dot) || dot.data[0] != '.' || body.len != EDGE_THUMBPRINT_SIZE ||
        !edge_token_is_valid(body))
        return EDGE_FAULT_AUTHORIZATION;
    return EDGE_FAULT_NONE;
}

static enum edge_fault check_key(const struct edge_record *record)
{
    switch (record->kind) {
    case EDGE_HOST:
        return edge_host_key_is_valid(record->key) ? EDGE_FAULT_NONE : EDGE_FAULT_HOST;
    case EDGE_CERTIFICATE:
        return edge_id_is_valid(record->key) ? EDGE_FAULT_NONE : EDGE_FAULT_ID;
    case EDGE_CHAIN:
        return record->key.len == EDGE_HASH_SIZE ? EDGE_FAULT_NONE : EDGE_FAULT_KEY;
    case EDGE_CHALLENGE:
        return EDGE_FAULT_NONE; /* check_challenge() takes key and body together */
    case EDGE_SETTINGS:
        return slice_eq_str(record->key, EDGE_SETTINGS_KEY) ? EDGE_FAULT_NONE : EDGE_FAULT_KEY;
    case EDGE_END:
        return slice_eq_str(record->key, EDGE_END_KEY) ? EDGE_FAULT_NONE : EDGE_FAULT_KEY;
    }
    return EDGE_FAULT_KIND;
}

static enum edge_fault check_body(const struct edge_record *record)
{
    union {
        struct edge_host host;
        struct edge_certificate certificate;
        struct edge_chain chain;
        struct edge_settings settings;
        struct edge_end end;
    } view;

    switch (record->kind) {
    case EDGE_HOST:
        return edge_host_read(record->body, &view.host);
    case EDGE_CERTIFICATE:
        return edge_certificate_read(record->body, &view.certificate);
    case EDGE_CHAIN:
        return edge_chain_read(record->body, &view.chain);
    case EDGE_CHALLENGE:
        return EDGE_FAULT_NONE;
    case EDGE_SETTINGS:
        return edge_settings_read(record->body, &view.settings);
    case EDGE_END:
        return edge_end_read(record->body, &view.end);
    }
    return EDGE_FAULT_KIND;
}

enum edge_fault edge_record_check(const struct edge_record *record)
{
    enum edge_fault fault = check_key(record);

    if (fault == EDGE_FAULT_NONE && record->kind == EDGE_CHALLENGE)
        return check_challenge(record);
    if (fault == EDGE_FAULT_NONE && !record->is_tombstone)
        return check_body(record);
    return fault;
}
