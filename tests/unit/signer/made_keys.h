/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A signer, and keys that it has made. */
#include "check.h"
#include "fixture.h"
#include "tls/seal.h"

static struct fixture f;

/* Of a certificate. */
static inline struct signer_key make_key(struct arena *mem, const char *owner)
{
    static const char *const names[] = {"a.example"};
    const struct csr_wish wish = {.names = names, .name_count = 1};
    struct signer_csr made = {0};
    struct err err = {0};

    assert_true(signer_make_csr(mem, f.client, owner, &wish, &made, &err));
    return made.key;
}

static inline struct signer_sealed make_account(struct arena *mem, const char *owner)
{
    struct signer_key key = {0};
    struct err err = {0};

    assert_true(signer_make_key(mem, f.client, owner, &key, &err));
    return (struct signer_sealed){owner, key.sealed};
}

/* The scalar in a blob, opened here with the key file. */
static inline EVP_PKEY *open_key(struct signer_key key, enum seal_kind kind, const char *owner)
{
    const struct seal_key *by = keyring_newest(f.keys, seal_family(kind));
    struct seal_label label = {kind, slice_str(owner)};
    unsigned char scalar[64];
    size_t len = 0;
    EVP_PKEY *out = NULL;
    struct err err = {0};

    assert_int_equal(seal_open(by, &label, key.sealed, scalar, sizeof(scalar), &len), SEAL_OK);
    assert_int_equal(len, KEY_SCALAR_SIZE);
    assert_true(key_from_scalar(scalar, &out, &err));
    return out;
}

static inline int set_up(void **state)
{
    (void)state;
    fixture_start(&f);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    fixture_stop(&f);
    return 0;
}
