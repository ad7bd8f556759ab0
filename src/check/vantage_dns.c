/* SPDX-License-Identifier: Apache-2.0 */

/* vantage_dns: what the look-ups of a vantage point say beside ours. */
#include "base/hash.h"
#include "check/facts.h"
#include "check/vantage.h"

uint64_t vantage_caa_digest(const struct dns_answer *answer)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < answer->record_count; i++) {
        unsigned char hash[SHA256_SIZE];
        struct slice in = slice_of(hash, sizeof(hash));
        uint64_t part = 0;

        hash_sha256(slice_str(answer->records[i].text), hash);
        if (slice_u64(&in, &part))
            sum ^= part;
    }
    return sum;
}

static bool is_definite(enum dns_reply reply)
{
    return reply == DNS_REPLY_RECORDS || reply == DNS_REPLY_NODATA || reply == DNS_REPLY_NXDOMAIN;
}

static bool is_in(const struct dns_answer *answer, const struct address *address)
{
    for (size_t i = 0; i < answer->record_count; i++) {
        struct address record = address_from_octets(answer->records[i].address);

        if (address_eq(&record, address))
            return true;
    }
    return false;
}

static bool is_answered(const struct vantage_name *name, const struct address *address)
{
    for (size_t i = 0; i < name->probe_count; i++)
        if (address_eq(&name->probes[i].address, address))
            return name->probes[i].outcome == PROBE_OK;
    return false;
}

/* The first address that was found there alone, and does not answer there. Its own may be such a
 * one: that it answers itself says nothing. */
static const struct address *find_elsewhere(const struct observation *here,
                                            const struct vantage *vantage,
                                            const struct vantage_name *there)
{
    for (size_t i = 0; i < there->found_count; i++) {
        const struct address *address = &there->found[i];

        if (!is_in(&here->a, address) && !is_in(&here->aaaa, address) &&
            !vantage_is_own(vantage, address) && !is_answered(there, address))
            return address;
    }
    return NULL;
}

static bool has_failed(const struct dns_answer *here, enum dns_reply there)
{
    return here->record_count > 0 && !is_definite(there);
}

static enum vantage_dns_fault caa_fault(const struct facts *f, const struct vantage_name *there)
{
    const struct dns_answer *here = f->seen->caa_count > 0 ? &f->seen->caa[0] : NULL;

    if (!here || !is_definite(here->reply))
        return VANTAGE_DNS_NONE;
    if (!is_definite(there->caa))
        return VANTAGE_DNS_FAILED;
    return vantage_caa_digest(here) == there->caa_digest ? VANTAGE_DNS_NONE : VANTAGE_DNS_CAA;
}

struct vantage_dns vantage_dns(const struct facts *f, const struct vantage *vantage)
{
    const struct observation *here = f->seen;
    struct vantage_dns out = {.name = vantage_find_name(vantage, f->name)};

    if (!out.name || !out.name->is_looked_up || here->a.record_count + here->aaaa.record_count == 0)
        return (struct vantage_dns){.fault = VANTAGE_DNS_NONE};
    out.address = find_elsewhere(here, vantage, out.name);
    if (has_failed(&here->a, out.name->a) || has_failed(&here->aaaa, out.name->aaaa))
        out.fault = VANTAGE_DNS_FAILED;
    else if (out.name->found_count == 0)
        out.fault = VANTAGE_DNS_NOTHING;
    else if (out.address)
        out.fault = VANTAGE_DNS_ELSEWHERE;
    else
        out.fault = caa_fault(f, out.name);
    return out;
}

const char *vantage_dns_text(struct arena *mem, const struct vantage_dns *dns)
{
    char address[ADDRESS_TEXT_SIZE];

    switch (dns->fault) {
    case VANTAGE_DNS_NONE:
        return "";
    case VANTAGE_DNS_FAILED:
        return arena_printf(mem, "its look-ups fail (A %s, AAAA %s, CAA %s)",
                            dns_reply_name(dns->name->a), dns_reply_name(dns->name->aaaa),
                            dns_reply_name(dns->name->caa));
    case VANTAGE_DNS_NOTHING:
        return arena_printf(mem, "it has no address (A %s, AAAA %s)", dns_reply_name(dns->name->a),
                            dns_reply_name(dns->name->aaaa));
    case VANTAGE_DNS_ELSEWHERE:
        return arena_printf(mem, "it leads to %s, which does not answer for it",
                            address_text(dns->address, address));
    case VANTAGE_DNS_CAA:
        return "it has other CAA records";
    }
    return "";
}
