/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * keyring: the directory of 32-octet keys, one file a key, and all of them in memory.
 *
 *     edge-<kid>            seals certificate keys       (signer and edges)
 *     signer-<kid>          seals every other secret     (signer only)
 *     feed-<group>-<kid>    authenticates edge records   (signer and the edges of that group)
 *
 * kid: 1..255 in decimal; the largest of a family is the newest and makes what is new, all others
 * open what is old. group: [a-z0-9-], at most KEYRING_GROUP_MAX octets.
 *
 * A keyring is immutable once loaded and may be shared between threads. It is wiped when freed.
 */
#include "base/err.h"
#include "base/slice.h"
#include "tls/seal.h"

#define KEYRING_GROUP_MAX 32
#define KEYRING_KEY_MAX   256 /* files in a directory */

struct keyring;

/* Makes the directory (0700) where it is missing, and the first key of each family and of the group
 * "default" where that has none. To be repeated at will: an existing key is never touched. Keys are
 * on disk when it returns. ERR_CONFIG. */
MUST_CHECK bool keyring_init(const char *dir, struct err *err);

/* Refuses, naming the file: a directory or a file of another owner than the effective user, a
 * directory that others may enter, a file whose mode is not 0400, whose size is not 32, or that is
 * not a regular file of a name above (names with a leading dot are passed over). ERR_CONFIG. */
MUST_CHECK bool keyring_load(const char *dir, struct keyring **out, struct err *err);
void keyring_free(struct keyring *ring);
static inline void keyring_freep(struct keyring **ring)
{
    keyring_free(*ring);
}

/* NULL when there is none. The key lives as long as the ring. */
const struct seal_key *keyring_newest(const struct keyring *ring, enum seal_family family);
const struct seal_key *keyring_find(const struct keyring *ring, enum seal_family family,
                                    uint8_t kid);
const struct seal_key *keyring_newest_feed(const struct keyring *ring, const char *group);
const struct seal_key *keyring_find_feed(const struct keyring *ring, const char *group,
                                         uint8_t kid);
bool keyring_is_group(const char *group);
