/* SPDX-License-Identifier: Apache-2.0 */
#include "check/name_fault.h"

#include "base/clock.h"

static const enum finding_code codes[HOSTNAME_FAULT_COUNT] = {
    [HOSTNAME_NONE] = FINDING_NAME_INVALID,
    [HOSTNAME_EMPTY] = FINDING_NAME_INVALID,
    [HOSTNAME_TOO_LONG] = FINDING_NAME_TOO_LONG,
    [HOSTNAME_LABEL_TOO_LONG] = FINDING_NAME_TOO_LONG,
    [HOSTNAME_TOO_MANY_LABELS] = FINDING_NAME_TOO_LONG,
    [HOSTNAME_EMPTY_LABEL] = FINDING_NAME_INVALID,
    [HOSTNAME_BAD_CHARACTER] = FINDING_NAME_INVALID,
    [HOSTNAME_UNDERSCORE] = FINDING_NAME_UNDERSCORE,
    [HOSTNAME_HYPHEN] = FINDING_NAME_INVALID,
    [HOSTNAME_IDN_INVALID] = FINDING_NAME_IDN_INVALID,
    [HOSTNAME_IP_ADDRESS] = FINDING_NAME_IS_ADDRESS,
    [HOSTNAME_SINGLE_LABEL] = FINDING_NAME_INVALID,
    [HOSTNAME_WILDCARD] = FINDING_NAME_INVALID,
    [HOSTNAME_RESERVED_TLD] = FINDING_NAME_RESERVED,
    [HOSTNAME_UNKNOWN_SUFFIX] = FINDING_NAME_RESERVED,
    [HOSTNAME_PUBLIC_SUFFIX] = FINDING_NAME_PUBLIC_SUFFIX,
};

void check_refuse(struct arena *mem, const char *input, enum hostname_fault fault, const char *why,
                  struct check_report *out)
{
    struct finding *finding = arena_new_of(mem, struct finding);

    finding_set(mem, finding, codes[fault], &(struct finding_words){.subject = input, .why = why});
    *out = (struct check_report){.at = clock_now(),
                                 .title = finding->title,
                                 .outcome = CHECK_NOT_READY,
                                 .names = {{finding->subject, DNS_UNCHECKED, finding}},
                                 .name_count = 1,
                                 .findings = finding,
                                 .finding_count = 1};
}
