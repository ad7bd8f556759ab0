/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* write: texts that come out of the table of options. */
#include "config/config.h"

enum config_text {
    CONFIG_TEXT_ALL,     /* every option, secrets masked: to be read by people */
    CONFIG_TEXT_CHANGED, /* what differs from the defaults: loads again to the same configuration */
};

/* As YAML; paths under cfg->dir are relative to it. Comes from `mem`. */
const char *config_text(struct arena *mem, const struct config *cfg, enum config_text which);
/* Every option with its help and, commented out, its default. */
const char *config_sample(struct arena *mem);
/* latchkey.yaml(5) in man(7) form. */
const char *config_man(struct arena *mem);
