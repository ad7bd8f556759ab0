/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "check/caa.h"

/* The value of a CAA record, as the doctor reads it: what it proposes instead of one that forbids
 * must permit. */

#define WRAP "0 issue \""

static const struct caa_wanted wanted = {
    .issuer = "ca.example", .account = "https://ca.example/acct/1", .method = "http-01"};

static void judge(const char *value, uint8_t flags, struct dns_record *record,
                  struct dns_answer *answer, struct caa_judgement *out)
{
    *record = (struct dns_record){
        .type = DNS_TYPE_CAA, .flags = flags, .tag = "issue", .value = value, .text = value};
    *answer = (struct dns_answer){.reply = DNS_REPLY_RECORDS, .records = record, .record_count = 1};
    caa_judge(answer, 1, &wanted, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct caa_judgement first, again;
    struct dns_record record, other;
    struct dns_answer answer, better;
    const char *value;

    if (size == 0 || size > 600)
        return 0;
    judge(arena_strndup(mem, (const char *)data + 1, size - 1), data[0], &record, &answer, &first);
    if (first.fault == CAA_PERMITTED)
        return 0;
    value = caa_value(mem, &first, &wanted);
    assert(strncmp(value, WRAP, strlen(WRAP)) == 0);
    value += strlen(WRAP);
    judge(arena_strndup(mem, value, strlen(value) - 1), 0, &other, &better, &again);
    assert(again.fault == CAA_PERMITTED);
    return 0;
}
