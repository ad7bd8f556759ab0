/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "dns/message.h"
#include "dns/packet.h"

/* What a name server that was asked by its address says (dns/ask.c): whether it is about the
 * question, and the servers and addresses that it refers to. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const struct dns_record *records, size_t count, enum packet_section section)
{
    assert(count <= RESOLVER_RECORD_MAX);
    for (size_t i = 0; i < count; i++) {
        assert(records[i].owner && strlen(records[i].owner) < 1024);
        if (section == PACKET_AUTHORITY)
            assert(records[i].type == DNS_TYPE_NS && records[i].name);
        else
            assert(records[i].address.len == (records[i].type == DNS_TYPE_A ? 4 : 16));
    }
}

/* The first octet says which type was asked for, the rest is the message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum dns_type types[] = {DNS_TYPE_NS, DNS_TYPE_SOA, DNS_TYPE_A, DNS_TYPE_DS};
    static const enum packet_section sections[] = {PACKET_AUTHORITY, PACKET_ADDITIONAL};
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct dns_answer answer = {.query = {.name = "a.test"}};
    struct slice wire;

    if (size == 0)
        return 0;
    wire = slice_of(data + 1, size - 1);
    answer.query.type = types[data[0] % ARRAY_LEN(types)];
    if (packet_is_about(wire, &answer.query))
        assert(wire.len > 12);
    packet_read(mem, wire, &answer);
    if (!dns_message_is_plain(wire))
        assert(answer.reply == DNS_REPLY_SERVFAIL && answer.record_count == 0);
    for (size_t i = 0; i < answer.record_count; i++)
        assert(answer.records[i].type == answer.query.type && answer.records[i].text);
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        const struct dns_record *records = NULL;
        size_t count = 0;

        packet_read_section(mem, wire, sections[i], &records, &count);
        check_names(records, count, sections[i]);
    }
    return 0;
}
