/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/dns01.h"

#include "base/hash.h"
#include "ca/dns_text.h"
#include "ca/quote.h"

const char *ca_dns01_digest(struct arena *mem, const char *key_authorization)
{
    unsigned char digest[SHA256_SIZE];

    hash_sha256(slice_str(key_authorization), digest);
    return base64url_encode(mem, slice_of(digest, sizeof(digest)));
}

static bool has_value(const struct dns_answer *answer, const char *value)
{
    for (size_t i = 0; i < answer->record_count; i++) {
        if (strcmp(answer->records[i].value, value) == 0)
            return true;
    }
    return false;
}

static bool refuse_records(struct arena *mem, const struct dns_answer *answer,
                           struct ca_problem *problem)
{
    const char *value = answer->records[0].value, *more = "";

    if (strlen(value) > CA_DNS01_SHOWN_MAX)
        value = arena_printf(mem, "%.*s...", CA_DNS01_SHOWN_MAX, value);
    if (answer->record_count > 1)
        more = arena_printf(mem, " (and %zu more)", answer->record_count - 1);
    return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED, "Incorrect TXT record %s%s found at %s",
                     ca_quoted(mem, slice_str(value)), more, answer->query.name);
}

static bool check_answer(struct arena *mem, const struct dns_answer *answer, const char *digest,
                         struct ca_problem *problem)
{
    if (answer->reply == DNS_REPLY_NODATA)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED, "No TXT record found at %s",
                         answer->query.name);
    if (answer->reply != DNS_REPLY_RECORDS)
        return ca_refuse(problem, CA_PROBLEM_DNS, "%s", ca_dns_text(mem, answer));
    return has_value(answer, digest) || refuse_records(mem, answer, problem);
}

bool ca_dns01_prove(struct arena *mem, const struct ca_validator *validator,
                    const struct ca_control *control, json_t *record, struct ca_problem *problem)
{
    const struct dns_query query = {arena_printf(mem, CA_DNS01_PREFIX "%s", control->name),
                                    DNS_TYPE_TXT};
    struct dns_answer answer;
    const struct dns_batch batch = {DNS_FRESH, 1, &query, &answer};
    struct err err;

    if (!resolver_ask(mem, validator->resolver, &batch, &err))
        return ca_refuse(problem, CA_PROBLEM_DNS, "DNS problem: looking up TXT for %s: %s",
                         query.name, err.text);
    if (!check_answer(mem, &answer, ca_dns01_digest(mem, control->key_authorization), problem))
        return false;
    json_array_append_new(record,
                          json_pack("{s:s, s:s}", "hostname", control->name, "addressUsed", ""));
    return true;
}
