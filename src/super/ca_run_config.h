/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* ca_run_config: the latchkey.yaml of `latchkey ca`. */
#include "super/ca_run.h"
#include "super/layout.h"

/* Below which its root certifies names in any case. */
#define CA_RUN_SUFFIXES 4
extern const char *const ca_run_suffixes[CA_RUN_SUFFIXES];

/* Writes it if there is none, and reads it. What is given is put into the environment, too, where
 * it overrides an older file for us and the children. ERR_CONFIG. */
MUST_CHECK bool ca_run_config(struct arena *mem, const struct ca_run_options *options,
                              struct layout *layout, struct err *err);
