/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/feed_page.h"

#include "base/clock.h"
#include "edge/record_digest.h"
#include "feed/doubts.h"
#include "feed/kept.h"

/* "record 12, kind 'h'": a key may hold any octets. */
static bool refuse(struct err *err, enum err_code code, size_t index,
                   const struct edge_record *record, const char *why)
{
    if (!record)
        return err_set(err, code, "record %zu of the page: %s", index, why);
    return err_set(err, code, "record %zu of the page, kind '%c', epoch %llu, rev %llu: %s", index,
                   (char)record->kind, (unsigned long long)record->epoch,
                   (unsigned long long)record->rev, why);
}

static bool check_record(const struct feed_page_keys *keys, size_t index,
                         const struct edge_record *record, struct err *err)
{
    const struct seal_key *key = keyring_find_feed(keys->ring, keys->group, record->kid);
    enum edge_fault fault;

    if (!key)
        return err_set(err, ERR_FORBIDDEN,
                       "record %zu of the page: there is no feed key %u of group %s", index,
                       record->kid, keys->group);
    if (!edge_record_mac_ok(slice_of(key->octets, sizeof(key->octets)), slice_str(keys->group),
                            record))
        return refuse(err, ERR_FORBIDDEN, index, record, "it is not authentic");
    fault = edge_record_check(record);
    return fault == EDGE_FAULT_NONE ||
           refuse(err, ERR_BAD_INPUT, index, record, edge_fault_text(fault));
}

bool feed_page_read(struct arena *mem, const struct feed_page_keys *keys, struct slice octets,
                    struct feed_page *out, struct err *err)
{
    size_t most = octets.len / (EDGE_HEADER_SIZE + EDGE_TRAILER_SIZE);
    size_t room = most < FEED_PAGE_READ_MAX ? most : FEED_PAGE_READ_MAX;
    struct feed_page page = {.records = arena_array_of(mem, room, struct edge_record)};

    for (; octets.len > 0; page.count++) {
        struct edge_record *record = &page.records[page.count];
        enum edge_fault fault;

        if (page.count == FEED_PAGE_READ_MAX)
            return err_set(err, ERR_BAD_INPUT, "the page has more than %d records",
                           FEED_PAGE_READ_MAX);
        fault = edge_record_take(&octets, record);
        if (fault != EDGE_FAULT_NONE)
            return refuse(err, ERR_BAD_INPUT, page.count, NULL, edge_fault_text(fault));
        if (!check_record(keys, page.count, record, err))
            return false;
    }
    *out = page;
    return true;
}

static bool has_origin(struct edge_tx *tx, struct slice id, bool *out, struct err *err)
{
    struct edge_db_key key;
    struct edge_record record;
    struct edge_settings settings;
    struct slice value, address;

    if (!edge_db_key(EDGE_SETTINGS, SLICE_LIT(EDGE_SETTINGS_KEY), &key) ||
        !edge_tx_get(tx, edge_db_key_view(&key), &value, err))
        return false;
    *out = value.data && edge_live_record(value, EDGE_SETTINGS, &record) &&
           edge_settings_read(record.body, &settings) == EDGE_FAULT_NONE &&
           edge_origin_find(&settings, id, &address);
    return true;
}

/* Whether the record may be stored beside what the settings say now. */
static bool is_allowed(struct edge_tx *tx, const struct edge_record *record, bool *out,
                       struct err *err)
{
    struct edge_host host;

    *out = true;
    if (record->kind != EDGE_HOST || record->is_tombstone)
        return true;
    *out = false;
    if (edge_host_read(record->body, &host) != EDGE_FAULT_NONE)
        return true;
    return has_origin(tx, host.origin_id, out, err);
}

static bool apply_record(struct edge_tx *tx, const struct edge_record *record, uint64_t epoch,
                         struct slice db_key, struct feed_page_result *result, struct err *err)
{
    struct edge_record old;
    struct slice value;
    bool is_fit;

    if (!edge_tx_get(tx, db_key, &value, err))
        return false;
    if (value.data && edge_record_read(value, &old) == EDGE_FAULT_NONE &&
        !edge_record_is_newer(record, &old)) {
        result->older += edge_record_is_newer(&old, record);
        return true;
    }
    if (!is_allowed(tx, record, &is_fit, err))
        return false;
    if (!is_fit) {
        result->unknown_origin++;
        return true;
    }
    result->stored++;
    if (record->epoch > result->epoch)
        result->epoch = record->epoch;
    if (record->kind == EDGE_HOST)
        return kept_put_host(tx, record, epoch, value, err);
    result->is_certificate_gone |= record->kind == EDGE_CERTIFICATE && record->is_tombstone;
    return edge_tx_put(tx, db_key, record->whole, err);
}

static bool apply_all(struct edge_tx *tx, const struct feed_page *page, struct doubts *doubts,
                      struct feed_page_result *out, struct err *err)
{
    *out = (struct feed_page_result){.is_settled = doubts_are_none(doubts)};
    for (size_t i = 0; i < page->count; i++) {
        const struct edge_record *record = &page->records[i];
        struct edge_db_key key;
        size_t stored;

        if (!edge_db_key(record->kind, record->key, &key))
            return err_set(err, ERR_INTERNAL, "a record without a key was let in");
        stored = out->stored;
        if (!apply_record(tx, record, page->epoch, edge_db_key_view(&key), out, err))
            return false;
        doubts_remove(doubts, edge_db_key_view(&key));
        if (record->kind == EDGE_END && out->stored > stored &&
            !feed_page_settle(tx, page, doubts, out, err))
            return false;
    }
    return true;
}

bool feed_page_apply(struct edge_tx *tx, const struct feed_page *page, struct doubts *doubts,
                     struct feed_page_result *out, struct err *err)
{
    return apply_all(tx, page, doubts, out, err) &&
           (!out->is_certificate_gone || kept_review(tx, clock_now(), NULL, err));
}

bool feed_page_check_range(const struct feed_page *page, const struct feed_page_range *range,
                           struct err *err)
{
    struct edge_db_key before = {0}, key;

    if (range->after.len > sizeof(before.octets))
        return err_set(err, ERR_BAD_INPUT, "the key to go on from is too long");
    if (range->after.len > 0)
        memcpy(before.octets, range->after.data, range->after.len);
    before.len = range->after.len;
    for (size_t i = 0; i < page->count; i++) {
        const struct edge_record *record = &page->records[i];

        if (!edge_db_key(record->kind, record->key, &key) ||
            slice_order(edge_db_key_view(&before), edge_db_key_view(&key)) >= 0)
            return refuse(err, ERR_BAD_INPUT, i, record, "the keys of a snapshot must ascend");
        before = key;
    }
    if (range->last.data && slice_order(edge_db_key_view(&before), range->last) > 0)
        return err_set(err, ERR_BAD_INPUT, "the page goes on after the key that it says to end at");
    return true;
}
