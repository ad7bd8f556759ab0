/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/kept.h"

#include <stdlib.h>

#include "base/clock.h"
#include "edge/record_write.h"
#include "feed/doubts.h"
#include "feed/own_record.h"
#include "tls/chain.h"

/* No kind of record has this octet. Under it and the name of the host: the end of the certificate
 * that is kept, unix milliseconds in eight octets, and the record that was put by. */
static const unsigned char prefix_octets[] = "\0kept";
static const struct slice prefix = {prefix_octets, sizeof(prefix_octets) - 1};

#define TIME_SIZE 8

static struct slice key_of(struct slice name, struct edge_db_key *room)
{
    struct buf out = buf_fixed(room->octets, sizeof(room->octets));

    buf_slice(&out, prefix);
    buf_slice(&out, name);
    return buf_view(&out);
}

static bool read_host(struct slice value, struct edge_record *record, struct edge_host *out)
{
    return edge_live_record(value, EDGE_HOST, record) &&
           edge_host_read(record->body, out) == EDGE_FAULT_NONE;
}

static bool find_certificate(struct edge_tx *tx, struct slice id, struct edge_certificate *out,
                             struct err *err)
{
    struct edge_certificate certificate = {0};
    struct edge_record record;
    struct edge_db_key key;
    struct slice value = {NULL, 0};

    if (edge_db_key(EDGE_CERTIFICATE, id, &key) &&
        !edge_tx_get(tx, edge_db_key_view(&key), &value, err))
        return false;
    if (!value.data || !edge_live_record(value, EDGE_CERTIFICATE, &record) ||
        edge_certificate_read(record.body, &certificate) != EDGE_FAULT_NONE)
        certificate = (struct edge_certificate){0};
    *out = certificate;
    return true;
}

/* 0: there is no such certificate here, or nothing can be told of it. */
static bool find_end(struct edge_tx *tx, struct slice id, int64_t *not_after_at, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct edge_certificate certificate;
    struct err unreadable = {0};
    struct chain chain;

    *not_after_at = 0;
    if (!find_certificate(tx, id, &certificate, err))
        return false;
    if (certificate.leaf.len > 0 && chain_from_der(mem, &certificate.leaf, 1, &chain, &unreadable))
        *not_after_at = chain.not_after;
    return true;
}

/* --- a record comes --- */

struct coming {
    const struct edge_record *record;
    uint64_t epoch;            /* of the store that it comes from */
    struct edge_host host;     /* of it */
    struct edge_host old_host; /* that is here, with what it points to */
    struct slice key;          /* of what is kept */
    int64_t not_after_at;      /* of the certificate that is here */
};

/* Whether what comes is of a store that knows less than the one before it. */
static bool is_restored(struct edge_tx *tx, const struct coming *coming,
                        const struct edge_record *old, bool *out, struct err *err)
{
    struct slice kept = {NULL, 0};

    *out = coming->record->epoch > old->epoch || coming->epoch > old->epoch;
    if (*out)
        return true;
    if (!edge_tx_get(tx, coming->key, &kept, err))
        return false;
    *out = kept.data != NULL;
    return true;
}

static bool is_to_keep(struct edge_tx *tx, struct coming *coming, struct slice old_value, bool *out,
                       struct err *err)
{
    struct edge_record old;

    *out = false;
    if (coming->record->is_tombstone || !old_value.data ||
        edge_host_read(coming->record->body, &coming->host) != EDGE_FAULT_NONE ||
        !read_host(old_value, &old, &coming->old_host) ||
        coming->host.issued_at >= coming->old_host.issued_at ||
        slice_eq(coming->host.certificate_id, coming->old_host.certificate_id))
        return true;
    if (!is_restored(tx, coming, &old, out, err))
        return false;
    if (*out && !find_end(tx, coming->old_host.certificate_id, &coming->not_after_at, err))
        return false;
    *out = *out && coming->not_after_at > clock_now();
    return true;
}

static bool put_by(struct edge_tx *tx, const struct coming *coming, struct err *err)
{
    unsigned char
        room[TIME_SIZE + EDGE_HEADER_SIZE + EDGE_KEY_MAX + OWN_BODY_MAX + EDGE_TRAILER_SIZE];
    struct buf out = buf_fixed(room, sizeof(room));

    buf_u64(&out, (uint64_t)coming->not_after_at);
    buf_slice(&out, coming->record->whole);
    if (!buf_ok(&out))
        return err_set(err, ERR_INTERNAL, "the record of a host is too long");
    return edge_tx_put(tx, coming->key, buf_view(&out), err);
}

static bool keep(struct edge_tx *tx, const struct coming *coming, struct err *err)
{
    unsigned char room[OWN_BODY_MAX];
    struct buf body = buf_fixed(room, sizeof(room));
    struct edge_host host = coming->host;
    struct edge_record own = *coming->record;
    enum edge_fault fault;

    host.certificate_id = coming->old_host.certificate_id;
    host.issued_at = coming->old_host.issued_at;
    fault = edge_host_write(&body, &host); /* the writes below move what LMDB shows */
    if (fault != EDGE_FAULT_NONE)
        return err_set(err, ERR_INTERNAL, "cannot write the record of a host: %s",
                       edge_fault_text(fault));
    own.body = buf_view(&body);
    return put_by(tx, coming, err) && own_record_put(tx, &own, err);
}

bool kept_put_host(struct edge_tx *tx, const struct edge_record *record, uint64_t epoch,
                   struct slice old, struct err *err)
{
    struct edge_db_key room, db_key;
    struct coming coming = {.record = record, .epoch = epoch, .key = key_of(record->key, &room)};
    bool is_kept;

    if (!edge_db_key(EDGE_HOST, record->key, &db_key))
        return err_set(err, ERR_INTERNAL, "a host without a name was let in");
    if (!is_to_keep(tx, &coming, old, &is_kept, err))
        return false;
    if (is_kept)
        return keep(tx, &coming, err);
    return edge_tx_delete(tx, coming.key, err) &&
           edge_tx_put(tx, edge_db_key_view(&db_key), record->whole, err);
}

/* --- all of them --- */

struct walk {
    struct edge_tx *tx;
    kept_each_fn each;
    void *arg;
};

static bool take_one(void *arg, struct slice key, struct slice value, struct err *err)
{
    const struct walk *walk = arg;
    struct kept_host kept = {.name = slice_of(key.data + prefix.len, key.len - prefix.len)};
    struct edge_record record;
    struct edge_db_key db_key;
    struct slice stored;
    uint64_t end;

    if (!slice_u64(&value, &end) || !edge_db_key(EDGE_HOST, kept.name, &db_key))
        return err_set(err, ERR_STORE, "cannot read what an edge keeps");
    kept.not_after_at = (int64_t)end;
    if (!edge_tx_get(walk->tx, edge_db_key_view(&db_key), &stored, err))
        return false;
    if (stored.data && read_host(stored, &record, &kept.host) &&
        !find_certificate(walk->tx, kept.host.certificate_id, &kept.certificate, err))
        return false;
    return walk->each(walk->arg, &kept, err);
}

bool kept_each(struct edge_tx *tx, struct slice after, kept_each_fn each, void *arg,
               struct err *err)
{
    static const unsigned char last[] = "\0kepu";
    struct walk walk = {.tx = tx, .each = each, .arg = arg};
    struct edge_db_key room;

    return edge_tx_walk(tx, key_of(after, &room), slice_of(last, sizeof(last) - 1), take_one, &walk,
                        err);
}

/* --- which have ended --- */

struct reviewing {
    struct arena *mem;
    int64_t now;
    struct slice *names;
    size_t count, room;
};

static void add(struct arena *mem, struct slice **items, size_t *count, size_t *room,
                struct slice item)
{
    if (*count == *room) {
        struct slice *more = arena_array_of(mem, *room ? 2 * *room : 64, struct slice);

        if (*count)
            memcpy(more, *items, *count * sizeof(*more));
        *items = more;
        *room = *room ? 2 * *room : 64;
    }
    (*items)[(*count)++] = slice_of(arena_memdup(mem, item.data, item.len), item.len);
}

static bool review_one(void *arg, const struct kept_host *kept, struct err *err)
{
    struct reviewing *reviewing = arg;

    (void)err;
    if (kept->certificate.leaf.len == 0 || kept->not_after_at <= reviewing->now)
        add(reviewing->mem, &reviewing->names, &reviewing->count, &reviewing->room, kept->name);
    return true;
}

/* The worker's last record takes its place, unless something else did: the host was removed. */
static bool end_one(struct arena *mem, struct edge_tx *tx, struct slice name, struct err *err)
{
    struct edge_db_key room, db_key;
    const struct slice key = key_of(name, &room);
    struct edge_record last, served;
    struct slice value, stored;

    if (!edge_tx_get(tx, key, &value, err))
        return false;
    if (value.len <= TIME_SIZE || !edge_db_key(EDGE_HOST, name, &db_key))
        return err_set(err, ERR_STORE, "cannot read what an edge keeps");
    value = slice_of(arena_memdup(mem, value.data + TIME_SIZE, value.len - TIME_SIZE),
                     value.len - TIME_SIZE);
    if (!edge_tx_get(tx, edge_db_key_view(&db_key), &stored, err))
        return false;
    if (edge_record_read(value, &last) == EDGE_FAULT_NONE && stored.data &&
        edge_record_read(stored, &served) == EDGE_FAULT_NONE &&
        !edge_record_is_newer(&served, &last) &&
        !edge_tx_put(tx, edge_db_key_view(&db_key), value, err))
        return false;
    return edge_tx_delete(tx, key, err);
}

bool kept_review(struct edge_tx *tx, int64_t now, size_t *ended, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct reviewing reviewing = {.mem = mem, .now = now};

    if (!kept_each(tx, slice_of(NULL, 0), review_one, &reviewing, err))
        return false;
    for (size_t i = 0; i < reviewing.count; i++)
        if (!end_one(mem, tx, reviewing.names[i], err))
            return false;
    if (ended)
        *ended = reviewing.count;
    return true;
}

/* --- what they have --- */

struct listing {
    struct arena *mem;
    struct kept_keys *keys;
    size_t room;
};

static void list_key(struct listing *listing, enum edge_kind kind, struct slice key)
{
    struct edge_db_key db_key;

    if (edge_db_key(kind, key, &db_key))
        add(listing->mem, &listing->keys->items, &listing->keys->count, &listing->room,
            edge_db_key_view(&db_key));
}

static bool list_one(void *arg, const struct kept_host *kept, struct err *err)
{
    struct listing *listing = arg;

    (void)err;
    if (kept->certificate.leaf.len == 0)
        return true;
    list_key(listing, EDGE_CERTIFICATE, kept->host.certificate_id);
    list_key(listing, EDGE_CHAIN, kept->certificate.chain_hash);
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct slice *left = a, *right = b;

    return slice_order(*left, *right);
}

bool kept_list(struct arena *mem, struct edge_tx *tx, struct kept_keys *out, struct err *err)
{
    struct listing listing = {.mem = mem, .keys = out};

    *out = (struct kept_keys){0};
    if (!kept_each(tx, slice_of(NULL, 0), list_one, &listing, err))
        return false;
    if (out->count > 0)
        qsort(out->items, out->count, sizeof(*out->items), compare);
    return true;
}

bool kept_has(const struct kept_keys *keys, struct slice db_key)
{
    return keys->count > 0 &&
           bsearch(&db_key, keys->items, keys->count, sizeof(*keys->items), compare);
}
