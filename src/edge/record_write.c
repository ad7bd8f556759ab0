/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/record_write.h"

/* A length that does not fit its octets fails the buf, as running out of room does. */
static void add_text(struct buf *out, struct slice text)
{
    if (text.len > UINT8_MAX)
        out->is_failed = true;
    buf_u8(out, (uint8_t)text.len);
    buf_slice(out, text);
}

static void add_octets(struct buf *out, struct slice octets)
{
    if (octets.len > UINT16_MAX)
        out->is_failed = true;
    buf_u16(out, (uint16_t)octets.len);
    buf_slice(out, octets);
}

enum edge_fault edge_host_write(struct buf *out, const struct edge_host *host)
{
    struct edge_host check;

    add_text(out, host->site_id);
    buf_u32(out, host->flags);
    buf_u32(out, host->hsts_max_age_s);
    add_text(out, host->canonical);
    add_text(out, host->origin_id);
    add_text(out, host->certificate_id);
    if (host->issued_at > 0)
        buf_u64(out, host->issued_at);
    return buf_ok(out) ? edge_host_read(buf_view(out), &check) : EDGE_FAULT_LENGTH;
}

enum edge_fault edge_certificate_write(struct buf *out, const struct edge_certificate *certificate)
{
    struct edge_certificate check;

    if (certificate->chain_hash.len != EDGE_HASH_SIZE)
        return EDGE_FAULT_LENGTH;
    buf_u8(out, certificate->key_type);
    buf_u16(out, certificate->point_offset);
    buf_slice(out, certificate->chain_hash);
    add_octets(out, certificate->sealed_key);
    add_octets(out, certificate->leaf);
    return buf_ok(out) ? edge_certificate_read(buf_view(out), &check) : EDGE_FAULT_LENGTH;
}

enum edge_fault edge_chain_write(struct buf *out, const struct edge_chain *chain)
{
    struct edge_chain check;

    if (chain->count > EDGE_CHAIN_MAX)
        return EDGE_FAULT_LENGTH;
    buf_u8(out, (uint8_t)chain->count);
    for (size_t i = 0; i < chain->count; i++)
        add_octets(out, chain->der[i]);
    return buf_ok(out) ? edge_chain_read(buf_view(out), &check) : EDGE_FAULT_LENGTH;
}

static int compare_origins(const void *a, const void *b)
{
    const struct edge_origin *left = a, *right = b;
    size_t len = left->id.len < right->id.len ? left->id.len : right->id.len;
    int order = memcmp(left->id.data, right->id.data, len);

    return order ? order : (left->id.len > right->id.len) - (left->id.len < right->id.len);
}

enum edge_fault edge_settings_write(struct buf *out, struct slice check_key,
                                    const struct edge_origin *origins, size_t count)
{
    struct edge_origin sorted[EDGE_ORIGINS_MAX];
    struct edge_settings check;

    if (count > EDGE_ORIGINS_MAX || check_key.len != EDGE_CHECK_KEY_SIZE)
        return EDGE_FAULT_LENGTH;
    if (count)
        memcpy(sorted, origins, count * sizeof(sorted[0]));
    qsort(sorted, count, sizeof(sorted[0]), compare_origins);
    buf_slice(out, check_key);
    buf_u16(out, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        add_text(out, sorted[i].id);
        add_text(out, sorted[i].address);
    }
    return buf_ok(out) ? edge_settings_read(buf_view(out), &check) : EDGE_FAULT_LENGTH;
}

enum edge_fault edge_end_write(struct buf *out, const struct edge_end *end)
{
    struct edge_end check;

    buf_u64(out, end->count);
    buf_slice(out, end->digest);
    return buf_ok(out) ? edge_end_read(buf_view(out), &check) : EDGE_FAULT_LENGTH;
}

enum edge_fault edge_challenge_key_write(struct buf *out, struct slice host, struct slice token)
{
    if (!edge_host_is_valid(host))
        return EDGE_FAULT_HOST;
    if (!edge_token_is_valid(token))
        return EDGE_FAULT_KEY;
    buf_slice(out, host);
    buf_u8(out, 0);
    buf_slice(out, token);
    return buf_ok(out) ? EDGE_FAULT_NONE : EDGE_FAULT_LENGTH;
}

enum edge_fault edge_record_write(struct buf *out, const struct edge_record *record)
{
    enum edge_fault fault;

    if (record->key.len == 0 || record->key.len > EDGE_KEY_MAX || record->body.len > EDGE_BODY_MAX)
        return EDGE_FAULT_LENGTH;
    if (record->is_tombstone != (record->body.len == 0))
        return EDGE_FAULT_BODY;
    if (record->is_tombstone && (record->kind == EDGE_SETTINGS || record->kind == EDGE_END))
        return EDGE_FAULT_FLAGS;
    fault = edge_record_check(record);
    if (fault != EDGE_FAULT_NONE)
        return fault;
    buf_u8(out, EDGE_VERSION);
    buf_u8(out, (uint8_t)record->kind);
    buf_u16(out, record->is_tombstone ? EDGE_TOMBSTONE : 0);
    buf_u64(out, record->epoch);
    buf_u64(out, record->rev);
    buf_u16(out, (uint16_t)record->key.len);
    buf_u32(out, (uint32_t)record->body.len);
    buf_slice(out, record->key);
    buf_slice(out, record->body);
    return buf_ok(out) ? EDGE_FAULT_NONE : EDGE_FAULT_LENGTH;
}
