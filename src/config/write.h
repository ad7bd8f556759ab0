/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* write: texts that come out of the table of options. */
#include "config/config.h"

/* Every option in force, as YAML, secrets masked; paths under cfg->dir are relative to it. */
const char *config_text(struct arena *mem, const struct config *cfg);
/* Every option with its help and, commented out, its default. */
const char *config_sample(struct arena *mem);
/* latchkey.yaml(5) in man(7) form. */
const char *config_man(struct arena *mem);
