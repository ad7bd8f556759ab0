/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "ca/caa.h"
#include "dns/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum dns_type types[] = {DNS_TYPE_TXT, DNS_TYPE_CAA, DNS_TYPE_A,     DNS_TYPE_AAAA,
                                      DNS_TYPE_NS,  DNS_TYPE_SOA, DNS_TYPE_CNAME, DNS_TYPE_DS};

static void check_printable(const char *text)
{
    for (; text && *text; text++)
        assert(*text >= 0x20 && *text < 0x7f);
}

static void check_record(const struct dns_record *record, enum dns_type type)
{
    assert(record->type == type);
    if (type == DNS_TYPE_A || type == DNS_TYPE_AAAA)
        assert(record->address.len == (type == DNS_TYPE_A ? 4 : 16));
    if (type == DNS_TYPE_TXT || type == DNS_TYPE_CAA) {
        assert(record->value);
        check_printable(record->value);
    }
    check_printable(record->tag);
}

/* The first octet says which type was asked for, the rest is the message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct ca_caa_case wanted = {"ca.example", "https://ca.example/1", "dns-01", true};
    struct dns_answer answer = {.query = {.name = "a.test"}};

    if (size == 0)
        return 0;
    answer.query.type = types[data[0] % ARRAY_LEN(types)];
    packet_read(mem, slice_of(data + 1, size - 1), &answer);
    assert(answer.reply != DNS_REPLY_RECORDS || answer.record_count > 0);
    assert(answer.record_count <= RESOLVER_RECORD_MAX && answer.chain_count <= RESOLVER_CHAIN_MAX);
    for (size_t i = 0; i < answer.record_count; i++)
        check_record(&answer.records[i], answer.query.type);
    if (answer.query.type == DNS_TYPE_CAA)
        (void)ca_caa_permits(mem, answer.records, answer.record_count, &wanted);
    return 0;
}
