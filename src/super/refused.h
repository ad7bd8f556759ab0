/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* refused: the pages that nginx shows by itself, where the pages cannot be asked: what is not HTTP,
 * is too large, or comes while nobody answers. */
#include "base/arena.h"
#include "base/err.h"

/* Writes them into `dir`, which is there: a file for each kind, called as in files/front.conf. */
MUST_CHECK bool refused_write(struct arena *mem, const char *dir, struct err *err);
