/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "ca/csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A CSR in DER: refused in words that can be sent, or good for a certificate, now and after it was
 * kept by the store. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(ca_subject_key_freep) struct ca_subject_key *now = NULL, *later = NULL;
    struct ca_problem problem;
    struct ca_csr csr;
    struct err err;

    if (!ca_csr_parse(mem, slice_of(data, size), &csr, &problem)) {
        assert(problem.type == CA_PROBLEM_MALFORMED || problem.type == CA_PROBLEM_BAD_CSR ||
               problem.type == CA_PROBLEM_UNAUTHORIZED);
        assert(*ca_problem_text(mem, &problem) == '{');
        return 0;
    }
    assert(csr.names.count > 0 && strlen(csr.key_hash) == CA_KEY_HASH_LEN);
    now = ca_csr_subject_key(mem, &csr);
    assert(ca_csr_reload(mem, csr.der, &later, &err));
    assert(strcmp(now->hash, later->hash) == 0);
    assert(strcmp(now->common_name, later->common_name) == 0);
    return 0;
}
