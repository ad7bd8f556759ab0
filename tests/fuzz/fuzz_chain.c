/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "tls/chain.h"
#include "tls/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What can be read can be written, reads back as the same, and has its point inside of the leaf. */
static void check_round_trip(struct arena *mem, const struct chain *chain)
{
    struct chain again;
    struct err err = {0};

    if (strlen(chain_pem(mem, chain)) > CHAIN_PEM_MAX)
        return;
    assert(chain_read(mem, slice_str(chain_pem(mem, chain)), &again, &err));
    assert(again.count == chain->count);
    assert(strcmp(again.fingerprint, chain->fingerprint) == 0);
    if (chain->point_offset) {
        assert((size_t)chain->point_offset + 65 <= chain->certs[0].len);
        assert(chain->certs[0].data[chain->point_offset] == 4);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char *const names[] = {"www.example.com"};
    struct slice input = slice_of(data, size), key_id, serial;
    struct verify_roots *roots;
    struct chain chain;
    struct err err = {0};
    uint16_t offset;

    (void)!chain_point_offset(input, &offset, &err);
    (void)!chain_id_parts(input, &key_id, &serial, &err);
    if (!chain_read(mem, input, &chain, &err))
        return 0;
    check_round_trip(mem, &chain);
    (void)!chain_covers(&chain, names, 1, &err);
    if (verify_roots_read(mem, input, &roots, &err))
        (void)verify_chain(roots, &chain, chain.not_before);
    return 0;
}
