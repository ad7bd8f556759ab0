/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * answerer: answers every http-01 request (RFC 8555 section 8.3) on a port of 127.0.0.1, in a
 * thread of its own. Whose key authorization is wanted stands in the host's name, so nothing needs
 * to be told to it: "PREFIX-ACCOUNT-NUMBER.ZONE".
 */
#include "base/err.h"

struct answerer;

/* `thumbprints[i]` is that of account i; they must live as long. */
MUST_CHECK bool answerer_start(uint16_t port, const char *const *thumbprints, size_t count,
                               struct answerer **out, struct err *err);
/* Ends it, frees, and returns how many requests were answered. */
uint64_t answerer_stop(struct answerer *answerer);
