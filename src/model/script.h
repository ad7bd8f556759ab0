/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * script: whether a name is written in one script, so that no letter of it poses as one of another
 * (a Cyrillic "а" among Latin letters).
 *
 * What goes together is Unicode's (UTS 39, section 5.1: Han with the kanas, with Bopomofo, with
 * Hangul), as PCRE2 has it: its script runs. What looks like another name letter for letter, in a
 * script of its own, is not told.
 */
#include "base/base.h"

/* Of each label by itself. `name`: UTF-8 (false if it is not), labels between dots. */
bool script_is_one(const char *name);
