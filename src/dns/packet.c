/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/packet.h"

#include <ctype.h>
#include <ldns/ldns.h>

#include "base/buf.h"
#include "dns/message.h"

#define TEXT_MAX (4 * 65536) /* octets: four times the wire form of one record */

DEFINE_FREEP(ldns_pkt, ldns_pkt_free)

static void free_text(char **text)
{
    free(*text);
}

const char *packet_plain_name(struct arena *mem, const char *name)
{
    char *plain = arena_strdup(mem, name);
    size_t len = strlen(plain);

    if (len > 1 && plain[len - 1] == '.')
        plain[len - 1] = '\0';
    for (char *at = plain; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return plain;
}

/* Presentation form; ldns escapes what is not printable. */
static const char *rdf_text(struct arena *mem, const ldns_rdf *rdf)
{
    AUTO(free_text) char *text = ldns_rdf2str(rdf);

    return text ? arena_strdup(mem, text) : "";
}

static const char *name_text(struct arena *mem, const ldns_rdf *rdf)
{
    return packet_plain_name(mem, rdf_text(mem, rdf));
}

/* `special`: what has a backslash in front. */
static void add_escaped(struct buf *out, struct slice octets, const char *special)
{
    for (size_t i = 0; i < octets.len; i++) {
        unsigned char octet = octets.data[i];

        if (octet && strchr(special, octet))
            buf_u8(out, '\\');
        if (octet >= 0x20 && octet < 0x7f)
            buf_u8(out, octet);
        else
            buf_printf(out, "\\%03u", (unsigned)octet);
    }
}

/* A counted string of the wire form, or, without a count, the whole of it. */
static struct slice string_of(const ldns_rdf *rdf, bool is_counted)
{
    const unsigned char *data = ldns_rdf_data(rdf);
    size_t len = ldns_rdf_size(rdf);

    if (!is_counted)
        return slice_of(data, len);
    return len > 0 ? slice_of(data + 1, len - 1) : slice_of(data, 0);
}

static const char *string_text(struct arena *mem, const ldns_rdf *rdf, bool is_counted)
{
    struct buf out = buf_new(mem, TEXT_MAX);

    add_escaped(&out, string_of(rdf, is_counted), "");
    return buf_cstr(&out);
}

static const char *joined_strings(struct arena *mem, const ldns_rr *rr)
{
    struct buf out = buf_new(mem, TEXT_MAX);

    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
        add_escaped(&out, string_of(ldns_rr_rdf(rr, i), true), "\"\\");
    return buf_cstr(&out);
}

static const char *rdata_text(struct arena *mem, const ldns_rr *rr)
{
    struct buf out = buf_new(mem, TEXT_MAX);

    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
        buf_printf(&out, "%s%s", i ? " " : "", rdf_text(mem, ldns_rr_rdf(rr, i)));
    return buf_ok(&out) ? buf_cstr(&out) : "";
}

static void read_rdata(struct arena *mem, const ldns_rr *rr, struct dns_record *record)
{
    const ldns_rdf *first = ldns_rr_rdf(rr, 0);

    switch (record->type) {
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
        record->address = slice_of(arena_memdup(mem, ldns_rdf_data(first), ldns_rdf_size(first)),
                                   ldns_rdf_size(first));
        break;
    case DNS_TYPE_CNAME:
    case DNS_TYPE_NS:
        record->name = record->text = name_text(mem, first);
        break;
    case DNS_TYPE_SOA:
        record->name = name_text(mem, first);
        record->serial = ldns_rdf2native_int32(ldns_rr_rdf(rr, 2));
        record->minimum = ldns_rdf2native_int32(ldns_rr_rdf(rr, 6));
        break;
    case DNS_TYPE_DS:
        break;
    case DNS_TYPE_TXT:
        record->value = joined_strings(mem, rr);
        break;
    case DNS_TYPE_CAA:
        record->flags = ldns_rdf2native_int8(first);
        record->tag = packet_plain_name(mem, string_text(mem, ldns_rr_rdf(rr, 1), true));
        /* ldns has no third field for an empty value, which forbids all (RFC 8659 section 4.2) */
        record->value = ldns_rr_rd_count(rr) > 2 ? string_text(mem, ldns_rr_rdf(rr, 2), false) : "";
        break;
    }
}

static const size_t rdata_counts[] = {
    [DNS_TYPE_A] = 1,   [DNS_TYPE_NS] = 1,   [DNS_TYPE_CNAME] = 1, [DNS_TYPE_SOA] = 7,
    [DNS_TYPE_TXT] = 1, [DNS_TYPE_AAAA] = 1, [DNS_TYPE_CAA] = 2,   [DNS_TYPE_DS] = 4,
};

static bool read_record(struct arena *mem, const ldns_rr *rr, struct dns_record *out)
{
    enum dns_type type = (enum dns_type)ldns_rr_get_type(rr);

    if (ldns_rr_rd_count(rr) < rdata_counts[type])
        return false;
    *out = (struct dns_record){.type = type,
                               .owner = name_text(mem, ldns_rr_owner(rr)),
                               .ttl = ldns_rr_ttl(rr),
                               .text = rdata_text(mem, rr)};
    read_rdata(mem, rr, out);
    return true;
}

static const ldns_rr *find_cname(const ldns_rr_list *list, const ldns_rdf *owner)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);

        if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME && ldns_rr_rd_count(rr) == 1 &&
            ldns_dname_compare(ldns_rr_owner(rr), owner) == 0)
            return rr;
    }
    return NULL;
}

/* The name at the end of the chain; NULL when there is no end. */
static const ldns_rdf *follow_chain(struct arena *mem, const ldns_rr_list *list,
                                    const ldns_rdf *name, struct dns_answer *answer)
{
    struct dns_record *chain = arena_array_of(mem, RESOLVER_CHAIN_MAX, struct dns_record);
    const ldns_rr *cname;

    answer->chain = chain;
    while (answer->query.type != DNS_TYPE_CNAME && (cname = find_cname(list, name))) {
        if (answer->chain_count == RESOLVER_CHAIN_MAX)
            return NULL;
        read_record(mem, cname, &chain[answer->chain_count++]);
        name = ldns_rr_rdf(cname, 0);
    }
    return name;
}

static void collect(struct arena *mem, const ldns_rr_list *list, const ldns_rdf *owner,
                    struct dns_answer *answer)
{
    size_t count = ldns_rr_list_rr_count(list);
    size_t room = count < RESOLVER_RECORD_MAX ? count : RESOLVER_RECORD_MAX;
    struct dns_record *records = arena_array_of(mem, room, struct dns_record);

    for (size_t i = 0; i < count && answer->record_count < room; i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);

        if ((int)ldns_rr_get_type(rr) == (int)answer->query.type &&
            ldns_dname_compare(ldns_rr_owner(rr), owner) == 0 &&
            read_record(mem, rr, &records[answer->record_count]))
            answer->record_count++;
    }
    answer->records = records;
}

static enum dns_reply reply_of(const struct dns_answer *answer, const ldns_rdf *end)
{
    if (answer->rcode == LDNS_RCODE_NXDOMAIN)
        return DNS_REPLY_NXDOMAIN;
    if (answer->rcode != LDNS_RCODE_NOERROR)
        return DNS_REPLY_SERVFAIL;
    if (!end)
        return DNS_REPLY_LOOP;
    return answer->record_count > 0 ? DNS_REPLY_RECORDS : DNS_REPLY_NODATA;
}

/* ldns loses all TSIG records of a message but the last, and whoever runs a name server could send
 * thousands: it gets to see none. */
static bool to_packet(struct slice wire, ldns_pkt **out)
{
    return dns_message_is_plain(wire) && ldns_wire2pkt(out, wire.data, wire.len) == LDNS_STATUS_OK;
}

void packet_read(struct arena *mem, struct slice wire, struct dns_answer *answer)
{
    AUTO(ldns_pkt_freep) ldns_pkt *packet = NULL;
    const ldns_rdf *name, *end;
    const ldns_rr_list *list;

    answer->reply = DNS_REPLY_SERVFAIL;
    answer->rcode = LDNS_RCODE_SERVFAIL;
    if (!to_packet(wire, &packet) || ldns_rr_list_rr_count(ldns_pkt_question(packet)) != 1)
        return;
    name = ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(packet), 0));
    list = ldns_pkt_answer(packet);
    answer->rcode = (int)ldns_pkt_get_rcode(packet);
    end = follow_chain(mem, list, name, answer);
    if (end)
        collect(mem, list, end, answer);
    answer->reply = reply_of(answer, end);
}

static bool is_of_section(const ldns_rr *rr, enum packet_section section)
{
    ldns_rr_type type = ldns_rr_get_type(rr);

    return section == PACKET_AUTHORITY ? type == LDNS_RR_TYPE_NS
                                       : type == LDNS_RR_TYPE_A || type == LDNS_RR_TYPE_AAAA;
}

void packet_read_section(struct arena *mem, struct slice wire, enum packet_section section,
                         const struct dns_record **out, size_t *count)
{
    AUTO(ldns_pkt_freep) ldns_pkt *packet = NULL;
    struct dns_record *records;
    const ldns_rr_list *list;

    *count = 0;
    *out = NULL;
    if (!to_packet(wire, &packet))
        return;
    list = section == PACKET_AUTHORITY ? ldns_pkt_authority(packet) : ldns_pkt_additional(packet);
    records = arena_array_of(mem, RESOLVER_RECORD_MAX, struct dns_record);
    for (size_t i = 0; i < ldns_rr_list_rr_count(list) && *count < RESOLVER_RECORD_MAX; i++) {
        const ldns_rr *rr = ldns_rr_list_rr(list, i);

        if (is_of_section(rr, section) && read_record(mem, rr, &records[*count]))
            (*count)++;
    }
    *out = records;
}

DEFINE_FREEP(ldns_rdf, ldns_rdf_deep_free)

bool packet_is_about(struct slice wire, const struct dns_query *query)
{
    AUTO(ldns_pkt_freep) ldns_pkt *packet = NULL;
    AUTO(ldns_rdf_freep) ldns_rdf *name = ldns_dname_new_frm_str(query->name);
    const ldns_rr *question;

    if (!name || !to_packet(wire, &packet) || ldns_rr_list_rr_count(ldns_pkt_question(packet)) != 1)
        return false;
    question = ldns_rr_list_rr(ldns_pkt_question(packet), 0);
    return (int)ldns_rr_get_type(question) == (int)query->type &&
           ldns_dname_compare(ldns_rr_owner(question), name) == 0;
}
