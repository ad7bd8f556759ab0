/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* load: what a signer works with, from its configuration. */
#include "config/config.h"
#include "signer/server.h"

/* Loads the keys of signer.keys_dir, which must have an edge and a signer key, and for each CA its
 * directory and EAB key, for each zone of dns.update its TSIG key. Keys are wiped and freed with
 * the arena. ERR_CONFIG. */
MUST_CHECK bool signer_load(struct arena *mem, const struct config *config,
                            struct signer_server *out, struct err *err);

/* An EAB key as CAs give it: one line of base64url, 32 octets or more (RFC 7518 section 3.2), in a
 * file that only its owner, the effective user, may read. */
MUST_CHECK bool signer_load_eab(const char *path, struct secret *out, struct err *err);
/* A TSIG key as keymgr and tsig-keygen write it: one line of base64, 16 octets or more, in such a
 * file. */
MUST_CHECK bool signer_load_tsig(const char *path, struct secret *out, struct err *err);
