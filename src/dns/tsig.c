/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/tsig.h"

#include <string.h>

#include "base/hash.h"

#define ARCOUNT_AT 10 /* in the header */

#define X(id, name, size) [TSIG_##id] = {name, size},
static const struct {
    const char *name;
    size_t size;
} algorithms[TSIG_ALGORITHM_COUNT] = {TSIG_ALGORITHMS(X)};
#undef X

const char *tsig_algorithm_name(enum tsig_algorithm algorithm)
{
    return algorithms[algorithm].name;
}

size_t tsig_mac_size(enum tsig_algorithm algorithm)
{
    return algorithms[algorithm].size;
}

static void write_time(struct buf *out, uint64_t time_s)
{
    buf_u16(out, (uint16_t)(time_s >> 32));
    buf_u32(out, (uint32_t)time_s);
}

static void write_counted(struct buf *out, struct slice octets)
{
    buf_u16(out, (uint16_t)octets.len);
    buf_slice(out, octets);
}

/* What the MAC takes in beside the message (RFC 8945 section 4.3.3). */
static void write_variables(struct buf *out, const struct dns_tsig *tsig)
{
    dns_write_name(out, tsig->key);
    buf_u16(out, DNS_CLASS_ANY);
    buf_u32(out, 0);
    dns_write_name(out, tsig->algorithm);
    write_time(out, tsig->time_s);
    buf_u16(out, tsig->fudge_s);
    buf_u16(out, tsig->error);
    write_counted(out, tsig->other);
}

static void write_rdata(struct buf *out, const struct dns_tsig *tsig)
{
    dns_write_name(out, tsig->algorithm);
    write_time(out, tsig->time_s);
    buf_u16(out, tsig->fudge_s);
    write_counted(out, tsig->mac);
    buf_u16(out, tsig->original_id);
    buf_u16(out, tsig->error);
    write_counted(out, tsig->other);
}

static uint16_t u16_at(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void put_u16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

bool tsig_sign(struct arena *mem, const struct tsig_key *key, int64_t now_s, struct buf *message,
               struct slice *mac, struct err *err)
{
    struct buf signed_octets = buf_new(mem, DNS_MESSAGE_MAX), rdata = buf_new(mem, UINT16_MAX);
    struct dns_tsig tsig = {
        .time_s = (uint64_t)now_s, .fudge_s = TSIG_FUDGE_S, .original_id = u16_at(message->data)};

    snprintf(tsig.key, sizeof(tsig.key), "%s", key->name);
    snprintf(tsig.algorithm, sizeof(tsig.algorithm), "%s", algorithms[key->algorithm].name);
    buf_slice(&signed_octets, buf_view(message));
    write_variables(&signed_octets, &tsig);
    if (!buf_ok(&signed_octets))
        return err_set(err, ERR_CONFIG, "\"%.80s\" cannot be the name of a TSIG key", key->name);
    if (!key->mac(key->arg, mem, buf_view(&signed_octets), &tsig.mac, err))
        return false;
    write_rdata(&rdata, &tsig);
    dns_write_record(message, &(struct dns_rr){.name = tsig.key,
                                               .type = DNS_TYPE_TSIG,
                                               .class = DNS_CLASS_ANY,
                                               .rdata = buf_view(&rdata)});
    if (!buf_ok(message))
        return err_set(err, ERR_TOO_LARGE, "a signed message has no room");
    put_u16(message->data + ARCOUNT_AT, u16_at(message->data + ARCOUNT_AT) + 1U);
    *mac = tsig.mac;
    return true;
}

/* The message as it was before it was signed: without the record, with its own id. */
static void write_unsigned(struct buf *out, const struct tsig_answer *answer)
{
    const struct dns_message *message = answer->message;

    write_counted(out, answer->request_mac);
    buf_u16(out, message->tsig.original_id);
    buf_slice(out, slice_of(answer->wire.data + 2, ARCOUNT_AT - 2));
    buf_u16(out, (uint16_t)(message->header.counts[3] - 1));
    buf_slice(out,
              slice_of(answer->wire.data + DNS_HEADER_SIZE, message->tsig_at - DNS_HEADER_SIZE));
    write_variables(out, &message->tsig);
}

static bool is_in_time(const struct dns_tsig *tsig, int64_t now_s)
{
    int64_t apart = (int64_t)tsig->time_s - now_s;

    return apart <= tsig->fudge_s && -apart <= tsig->fudge_s;
}

/* Without final dot, in lower case, as it is read. */
static bool is_key(const struct tsig_key *key, const struct dns_tsig *tsig)
{
    size_t len = strlen(key->name);

    if (len > 0 && key->name[len - 1] == '.')
        len--;
    return strlen(tsig->key) == len && strncasecmp(tsig->key, key->name, len) == 0 &&
           strcmp(tsig->algorithm, algorithms[key->algorithm].name) == 0;
}

bool tsig_verify(struct arena *mem, const struct tsig_key *key, int64_t now_s,
                 const struct tsig_answer *answer, enum tsig_verdict *out, struct err *err)
{
    const struct dns_tsig *tsig = &answer->message->tsig;
    struct buf octets = buf_new(mem, DNS_MESSAGE_MAX * 2);
    struct slice mac;

    *out = TSIG_UNSIGNED;
    if (!answer->message->has_tsig || tsig->mac.len == 0)
        return true;
    *out = TSIG_OTHER_KEY;
    if (!is_key(key, tsig))
        return true;
    write_unsigned(&octets, answer);
    if (!key->mac(key->arg, mem, buf_view(&octets), &mac, err))
        return false;
    *out = TSIG_WRONG; /* a shorter one is not taken, though RFC 8945 section 5.2.2.1 allows it */
    if (tsig->mac.len != mac.len || !hash_equal(tsig->mac.data, mac.data, mac.len))
        return true;
    *out = is_in_time(tsig, now_s) ? TSIG_VALID : TSIG_OFF_TIME;
    return true;
}
