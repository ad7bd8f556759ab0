/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "ca/eab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Those of the corpus. */
#define URL      "https://localhost:8445/acme/new-acct"
#define KEY_HASH "8f2b1aa3354b53482380081ebc8ef610aa0742305837ecf406e9873bb9f32f61"

static const unsigned char mac_key[] = "0123456789abcdef0123456789abcdef";

static void check_problem(struct arena *mem, const struct ca_problem *problem)
{
    const char *text = ca_problem_text(mem, problem);

    assert(problem->type == CA_PROBLEM_MALFORMED || problem->type == CA_PROBLEM_UNAUTHORIZED);
    assert(strncmp(text, "{\"type\":\"urn:ietf:params:acme:error:", 36) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_t *value =
        ca_json_keep(mem, json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL));
    struct ca_problem problem;
    struct ca_eab eab;

    if (!ca_eab_read(mem, value, URL, &eab, &problem)) {
        check_problem(mem, &problem);
        return 0;
    }
    assert(*eab.kid && strlen(eab.kid) <= CA_EAB_KID_MAX && eab.mac < CA_MAC_COUNT);
    if (!ca_eab_verify(mem, &eab, slice_of(mac_key, sizeof(mac_key) - 1), KEY_HASH, &problem))
        check_problem(mem, &problem);
    return 0;
}
