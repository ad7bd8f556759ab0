/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * message: the frame of DNS messages (RFC 1035 section 4): what is asked is written, and of an
 * answer the header is read and the place of its TSIG record found (RFC 8945). Records are read by
 * dns/packet.h. No allocation when reading; every length is checked.
 */
#include "base/buf.h"
#include "base/err.h"

#define DNS_NAME_SIZE     256 /* octets of a name as text, NUL included */
#define DNS_MESSAGE_MAX   65535
#define DNS_HEADER_SIZE   12
#define DNS_RECORDS_MAX   4096 /* of a message that is read: more are refused */
#define DNS_CLASS_IN      1
#define DNS_CLASS_NONE    254
#define DNS_CLASS_ANY     255
#define DNS_TYPE_OPT      41
#define DNS_TYPE_TSIG     250
#define DNS_OPCODE_QUERY  0
#define DNS_OPCODE_UPDATE 5 /* RFC 2136 */

enum { DNS_FLAG_QR = 0x8000, DNS_FLAG_AA = 0x0400, DNS_FLAG_TC = 0x0200 };

struct dns_header {
    uint16_t id;
    uint16_t flags; /* with opcode and rcode, as on the wire */
    uint16_t
        counts[4]; /* question or zone, answer or prerequisite, authority or update, additional */
};

/* A TSIG record (RFC 8945 section 4.2). Names are lower case without final dot. */
struct dns_tsig {
    char key[DNS_NAME_SIZE];
    char algorithm[DNS_NAME_SIZE];
    uint64_t time_s; /* unix seconds */
    uint16_t fudge_s;
    struct slice mac;
    uint16_t original_id;
    uint16_t error;
    struct slice other;
};

struct dns_message {
    struct dns_header header;
    int rcode;
    struct slice question; /* its octets, of all entries together */
    bool has_tsig;
    size_t tsig_at; /* where the TSIG record begins */
    struct dns_tsig tsig;
};

void dns_write_header(struct buf *out, const struct dns_header *header);
/* "a.example", with or without final dot, or "" or "." for the root; in lower case, uncompressed.
 * Fails the buf when a label has not 1 to 63 octets or the whole more than 255. A backslash is no
 * escape: the names written here have none. */
void dns_write_name(struct buf *out, const char *name);
void dns_write_question(struct buf *out, const char *name, uint16_t type, uint16_t class);
/* Name, type, class, TTL, and rdata with its length. */
struct dns_rr {
    const char *name;
    uint16_t type, class;
    uint32_t ttl;
    struct slice rdata;
};
void dns_write_record(struct buf *out, const struct dns_rr *record);

/* Whether every record can be walked, and none is a TSIG, which no answer to an unsigned question
 * has (RFC 8945 section 5.3). What follows the last is not looked at. */
bool dns_message_is_plain(struct slice wire);

/* Walks a whole message. ERR_DNS: it is cut short, has a name that is none, octets at its end that
 * belong to nothing, or a TSIG record that is not the last (RFC 8945 section 5.2). */
MUST_CHECK bool dns_message_read(struct slice wire, struct dns_message *out, struct err *err);
