/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * record_form: what is typed into the form of the DNS provider for the changes of a finding, and
 * where that form is. Where a provider, or what its form wants, is not known, the general thing is
 * said: nothing is guessed. Pure.
 */
#include "check/facts.h"

/* Fills form_host and form_value of the actions, and `instructions`; nothing where there is nothing
 * to change in the zone. */
void record_form_fill(struct arena *mem, const struct facts *f, struct finding *finding);
/* Of changes together, each once. NULL where there is nothing to change in the zone. */
const char *record_form_instructions(struct arena *mem, const struct facts *f,
                                     const struct finding_action *actions, size_t count);
/* What is said where the provider is not known, of a record with a name as value. */
const char *record_form_general(struct arena *mem, const char *registered);
/* What is typed as the host of the name of `f`, for a sentence: "www" in quotes, or what is said of
 * the domain itself. */
const char *record_form_host_words(struct arena *mem, const struct facts *f);
