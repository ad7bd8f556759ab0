/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* unseal: sealed blobs of requests, opened and made with the keys of a keyring. */
#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "signer/keyring.h"
#include "tls/handle.h"

/* With the key that the blob names. ERR_CRYPTO when that is not there or does not open it. */
MUST_CHECK bool unseal(const struct keyring *keys, const struct seal_label *label,
                       struct slice blob, struct secret *out, struct err *err);
/* The scalar of a P-256 key: KEY_SCALAR_SIZE octets. */
MUST_CHECK bool unseal_scalar(const struct keyring *keys, const struct seal_label *label,
                              struct slice blob, struct secret *out, struct err *err);
/* With the newest key of the family. ERR_CONFIG when there is none. */
MUST_CHECK bool seal_newest(struct arena *mem, const struct keyring *keys,
                            const struct seal_label *label, const struct secret *in,
                            struct slice *out, struct err *err);
