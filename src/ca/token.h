/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"

/* 256 random bits in base64url: what nobody guesses. */
const char *ca_token_new(struct arena *mem);
