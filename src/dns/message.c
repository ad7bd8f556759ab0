/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/message.h"

#include <ctype.h>
#include <string.h>

#define LABEL_MAX    63
#define WIRE_MAX     255 /* octets of a name on the wire */
#define POINTER      0xc0
#define POINTERS_MAX 32 /* followed in one name */

void dns_write_header(struct buf *out, const struct dns_header *header)
{
    buf_u16(out, header->id);
    buf_u16(out, header->flags);
    for (size_t i = 0; i < ARRAY_LEN(header->counts); i++)
        buf_u16(out, header->counts[i]);
}

static void write_label(struct buf *out, const char *label, size_t len)
{
    if (len == 0 || len > LABEL_MAX)
        out->is_failed = true;
    buf_u8(out, (uint8_t)len);
    for (size_t i = 0; i < len; i++)
        buf_u8(out, (uint8_t)tolower((unsigned char)label[i]));
}

void dns_write_name(struct buf *out, const char *name)
{
    size_t start = out->len;

    if (strcmp(name, ".") == 0)
        name = "";
    while (*name) {
        size_t len = strcspn(name, ".");

        write_label(out, name, len);
        name += len + (name[len] == '.');
    }
    buf_u8(out, 0);
    if (out->len - start > WIRE_MAX)
        out->is_failed = true;
}

void dns_write_question(struct buf *out, const char *name, uint16_t type, uint16_t class)
{
    dns_write_name(out, name);
    buf_u16(out, type);
    buf_u16(out, class);
}

void dns_write_record(struct buf *out, const struct dns_rr *record)
{
    dns_write_question(out, record->name, record->type, record->class);
    buf_u32(out, record->ttl);
    if (record->rdata.len > UINT16_MAX)
        out->is_failed = true;
    buf_u16(out, (uint16_t)record->rdata.len);
    buf_slice(out, record->rdata);
}

/* ---- reading ---- */

/* Where the reader is in a message. */
struct cursor {
    struct slice wire;
    size_t at;
};

static struct slice rest_of(const struct cursor *c)
{
    return slice_of(c->wire.data + c->at, c->wire.len - c->at);
}

static bool take_u16(struct cursor *c, uint16_t *out)
{
    struct slice rest = rest_of(c);

    if (!slice_u16(&rest, out))
        return false;
    c->at += sizeof(*out);
    return true;
}

static bool take_octets(struct cursor *c, size_t len, struct slice *out)
{
    struct slice rest = rest_of(c);

    if (!slice_take(&rest, len, out))
        return false;
    c->at += len;
    return true;
}

/* Adds one label to the text. An octet that no name of ours has makes another name of it, which is
 * then not the one that is wanted. */
static bool add_label(struct slice label, char out[DNS_NAME_SIZE], size_t *len)
{
    if (*len + label.len + 1 >= DNS_NAME_SIZE)
        return false;
    if (*len > 0)
        out[(*len)++] = '.';
    for (size_t i = 0; i < label.len; i++)
        out[(*len)++] = label.data[i] > ' ' && label.data[i] < 0x7f && label.data[i] != '.'
                            ? (char)tolower(label.data[i])
                            : '?';
    return true;
}

/* A pointer (RFC 1035 section 4.1.4) goes back, so that there is an end. */
static bool follow_pointer(struct cursor *c, uint8_t high)
{
    struct slice low;
    size_t from = c->at - 1, to;

    if (!take_octets(c, 1, &low))
        return false;
    to = (size_t)(high & ~POINTER) << 8 | low.data[0];
    if (to >= from)
        return false;
    c->at = to;
    return true;
}

static bool read_name(struct cursor *c, char out[DNS_NAME_SIZE])
{
    struct cursor walk = *c;
    size_t len = 0, pointers = 0;
    struct slice octet, label;

    for (;;) {
        if (!take_octets(&walk, 1, &octet))
            return false;
        if ((octet.data[0] & POINTER) == POINTER) {
            if (pointers++ == 0)
                c->at = walk.at + 1;
            if (pointers > POINTERS_MAX || !follow_pointer(&walk, octet.data[0]))
                return false;
            continue;
        }
        if (octet.data[0] == 0)
            break;
        if (octet.data[0] > LABEL_MAX || !take_octets(&walk, octet.data[0], &label) ||
            !add_label(label, out, &len))
            return false;
    }
    out[len] = '\0';
    if (pointers == 0)
        c->at = walk.at;
    return c->at <= c->wire.len;
}

static bool read_header(struct cursor *c, struct dns_header *out)
{
    bool is_read = take_u16(c, &out->id) && take_u16(c, &out->flags);

    for (size_t i = 0; i < ARRAY_LEN(out->counts) && is_read; i++)
        is_read = take_u16(c, &out->counts[i]);
    return is_read;
}

static bool skip_questions(struct cursor *c, struct dns_message *message)
{
    char name[DNS_NAME_SIZE];
    size_t start = c->at;
    struct slice type_and_class;

    for (unsigned i = 0; i < message->header.counts[0]; i++)
        if (!read_name(c, name) || !take_octets(c, 4, &type_and_class))
            return false;
    message->question = slice_of(c->wire.data + start, c->at - start);
    return true;
}

/* One record, of which `rdata` is a view. */
struct record {
    char name[DNS_NAME_SIZE];
    uint16_t type, class;
    uint32_t ttl;
    struct slice rdata;
    size_t start, rdata_at;
};

static bool read_record(struct cursor *c, struct record *out)
{
    struct slice ttl;
    uint16_t len;

    out->start = c->at;
    if (!read_name(c, out->name) || !take_u16(c, &out->type) || !take_u16(c, &out->class) ||
        !take_octets(c, 4, &ttl) || !slice_u32(&ttl, &out->ttl) || !take_u16(c, &len))
        return false;
    out->rdata_at = c->at;
    return take_octets(c, len, &out->rdata);
}

static bool read_u48(struct cursor *c, uint64_t *out)
{
    struct slice octets;

    if (!take_octets(c, 6, &octets))
        return false;
    *out = 0;
    for (size_t i = 0; i < octets.len; i++)
        *out = *out << 8 | octets.data[i];
    return true;
}

static bool read_counted(struct cursor *c, struct slice *out)
{
    uint16_t len;

    return take_u16(c, &len) && take_octets(c, len, out);
}

/* Within the whole message: a server that compresses the algorithm's name, which it must not (RFC
 * 8945 section 4.2), is understood. Nothing may follow the rest. */
static bool read_tsig(struct slice wire, const struct record *record, struct dns_tsig *out)
{
    struct cursor c = {slice_of(wire.data, record->rdata_at + record->rdata.len), record->rdata_at};

    memcpy(out->key, record->name, sizeof(out->key));
    return record->class == DNS_CLASS_ANY && record->ttl == 0 && read_name(&c, out->algorithm) &&
           read_u48(&c, &out->time_s) && take_u16(&c, &out->fudge_s) &&
           read_counted(&c, &out->mac) && take_u16(&c, &out->original_id) &&
           take_u16(&c, &out->error) && read_counted(&c, &out->other) && c.at == c.wire.len;
}

static bool refuse(struct err *err, const char *what)
{
    return err_set(err, ERR_DNS, "the answer cannot be read: %s", what);
}

static size_t record_count(const struct dns_header *header)
{
    return (size_t)header->counts[1] + header->counts[2] + header->counts[3];
}

bool dns_message_is_plain(struct slice wire)
{
    struct cursor c = {.wire = wire};
    struct dns_message message = {0};
    struct record record;

    if (!read_header(&c, &message.header) || !skip_questions(&c, &message) ||
        record_count(&message.header) > DNS_RECORDS_MAX)
        return false;
    for (size_t i = 0; i < record_count(&message.header); i++)
        if (!read_record(&c, &record) || record.type == DNS_TYPE_TSIG)
            return false;
    return true;
}

static bool read_records(struct cursor *c, struct dns_message *out, struct err *err)
{
    size_t count = record_count(&out->header);
    struct record record;

    if (count > DNS_RECORDS_MAX)
        return refuse(err, "it has too many records");
    for (size_t i = 0; i < count; i++) {
        if (!read_record(c, &record))
            return refuse(err, "a record is cut short");
        if (record.type != DNS_TYPE_TSIG)
            continue;
        if (i + 1 != count || out->header.counts[3] == 0)
            return refuse(err, "its signature is not the last record");
        out->has_tsig = true;
        out->tsig_at = record.start;
        if (!read_tsig(c->wire, &record, &out->tsig))
            return refuse(err, "its signature is malformed");
    }
    return true;
}

bool dns_message_read(struct slice wire, struct dns_message *out, struct err *err)
{
    struct cursor c = {.wire = wire};
    struct dns_message message = {0};

    if (!read_header(&c, &message.header))
        return refuse(err, "it is too short");
    if (!skip_questions(&c, &message))
        return refuse(err, "its question is cut short");
    if (!read_records(&c, &message, err))
        return false;
    if (c.at != wire.len)
        return refuse(err, "octets follow its end");
    message.rcode = message.header.flags & 0xf;
    *out = message;
    return true;
}
