/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "dns/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool mac(void *arg, struct arena *mem, struct slice octets, struct slice *out,
                struct err *err)
{
    unsigned char *made = arena_alloc(mem, SHA256_SIZE);

    (void)arg;
    (void)err;
    hash_hmac_sha256(SLICE_LIT("secret"), octets, made);
    *out = slice_of(made, SHA256_SIZE);
    return true;
}

/* An answer to a signed update. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct tsig_key key = {"key", TSIG_SHA256, mac, NULL};
    const struct dns_update update = {DNS_UPDATE_ADD, "proof.example", "a.proof.example", "v", 1};
    const struct dns_update_via via = {.key = &key};
    struct dns_message message;
    struct tsig_answer answer = {slice_of(data, size), &message, SLICE_LIT("mac")};
    struct dns_update_said said = {"192.0.2.1@53", &message, TSIG_UNSIGNED};
    struct err err;

    if (!dns_message_read(answer.wire, &message, &err))
        return 0;
    assert(message.question.len <= size);
    assert(!message.has_tsig || (message.tsig_at >= DNS_HEADER_SIZE && message.tsig_at < size));
    assert(strlen(message.tsig.key) < DNS_NAME_SIZE);
    if (!tsig_verify(mem, &key, 1700000000, &answer, &said.verdict, &err))
        return 0;
    assert(said.verdict != TSIG_VALID || message.has_tsig);
    if (dns_update_judge(&update, &via, &said, &err))
        assert(said.verdict == TSIG_VALID && message.rcode == 0);
    return 0;
}
