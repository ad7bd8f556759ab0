/* SPDX-License-Identifier: Apache-2.0 */
#include "model/script.h"

#include <assert.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

DEFINE_FREEP(pcre2_code, pcre2_code_free)
DEFINE_FREEP(pcre2_match_data, pcre2_match_data_free)

#define WHOLE (PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED)

static const char one_script_a_label[] = "(?:(*atomic_script_run:[^.]+)\\.?)+";

bool script_is_one(const char *name)
{
    AUTO(pcre2_match_data_freep) pcre2_match_data *found = pcre2_match_data_create(1, NULL);
    AUTO(pcre2_code_freep) pcre2_code *code = NULL;
    PCRE2_SIZE offset;
    int error;

    code = pcre2_compile((PCRE2_SPTR)one_script_a_label, PCRE2_ZERO_TERMINATED, WHOLE, &error,
                         &offset, NULL);
    assert(code && found);
    return pcre2_match(code, (PCRE2_SPTR)name, strlen(name), 0, 0, found, NULL) > 0;
}
