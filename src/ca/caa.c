/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/caa.h"

#include <ctype.h>

#define CRITICAL       (128 | 1)
#define ALPHANUMERIC   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define PARAMETERS_MAX CA_CAA_PARAMETERS_MAX

static const char *const ignored_tags[] = {"iodef", "issuemail", "issuevmc"};

struct parameter {
    const char *tag, *value;
};

/* The value of an issue or issuewild record. */
struct policy {
    const char *domain; /* "": nobody's */
    struct parameter parameters[PARAMETERS_MAX];
    size_t count;
};

static const char *trimmed(struct arena *mem, const char *text, size_t len)
{
    while (len && (text[0] == ' ' || text[0] == '\t')) {
        text++;
        len--;
    }
    while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    return arena_strndup(mem, text, len);
}

/* Printable ASCII without space and semicolon. */
static bool is_value(const char *text)
{
    for (; *text; text++) {
        if (!isgraph((unsigned char)*text) || *text == ';')
            return false;
    }
    return true;
}

static bool read_parameter(struct arena *mem, const char *text, size_t len, struct policy *policy)
{
    const char *equals = memchr(text, '=', len);
    struct parameter *out;

    if (!equals || policy->count == PARAMETERS_MAX)
        return false;
    out = &policy->parameters[policy->count++];
    out->tag = trimmed(mem, text, (size_t)(equals - text));
    out->value = trimmed(mem, equals + 1, len - (size_t)(equals - text) - 1);
    return out->tag[strspn(out->tag, ALPHANUMERIC)] == '\0' && is_value(out->value);
}

/* "ca.example; accounturi=https://...; validationmethods=http-01,dns-01" */
static bool read_policy(struct arena *mem, const char *text, struct policy *out)
{
    size_t len = strcspn(text, ";");

    *out = (struct policy){.domain = trimmed(mem, text, len)};
    text += len;
    while (*text == ';') {
        len = strcspn(++text, ";");
        if (text[len] == '\0' && out->count == 0 && !*trimmed(mem, text, len))
            return true; /* a semicolon with nothing behind it */
        if (!read_parameter(mem, text, len, out))
            return false;
        text += len;
    }
    return true;
}

/* The value of the only parameter of this tag; "" when there is none. False: several. */
static bool only_value(const struct policy *policy, const char *tag, const char **out,
                       bool *is_there)
{
    *out = "";
    *is_there = false;
    for (size_t i = 0; i < policy->count; i++) {
        if (strcmp(policy->parameters[i].tag, tag) != 0)
            continue;
        if (*is_there)
            return false;
        *out = policy->parameters[i].value;
        *is_there = true;
    }
    return true;
}

static bool account_fits(const struct policy *policy, const char *account)
{
    const char *value;
    bool is_there;

    return only_value(policy, "accounturi", &value, &is_there) &&
           (!is_there || strcmp(value, account) == 0);
}

/* One that is none spoils what stands behind it, not what stands before. */
static bool method_fits(const struct policy *policy, const char *method)
{
    const char *value;
    bool is_there;

    if (!only_value(policy, "validationmethods", &value, &is_there))
        return false;
    while (is_there) {
        size_t len = strcspn(value, ",");

        if (len == 0 || strspn(value, ALPHANUMERIC "-") != len)
            return false;
        if (len == strlen(method) && memcmp(value, method, len) == 0)
            return true;
        if (value[len] == '\0')
            return false;
        value += len + 1;
    }
    return true;
}

static bool is_permitted_by(struct arena *mem, const struct dns_record *record,
                            const struct ca_caa_case *wanted)
{
    struct policy policy;

    return read_policy(mem, record->value, &policy) && strcmp(policy.domain, wanted->issuer) == 0 &&
           account_fits(&policy, wanted->account) && method_fits(&policy, wanted->method);
}

static bool is_unknown(const char *tag)
{
    for (size_t i = 0; i < ARRAY_LEN(ignored_tags); i++) {
        if (strcmp(tag, ignored_tags[i]) == 0)
            return false;
    }
    return strcmp(tag, "issue") != 0 && strcmp(tag, "issuewild") != 0;
}

static size_t count_of(const struct dns_record *records, size_t count, const char *tag)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        found += strcmp(records[i].tag, tag) == 0;
    return found;
}

bool ca_caa_permits(struct arena *mem, const struct dns_record *records, size_t count,
                    const struct ca_caa_case *wanted)
{
    bool is_wild = wanted->is_wildcard && count_of(records, count, "issuewild") > 0;
    const char *tag = is_wild ? "issuewild" : "issue";

    for (size_t i = 0; i < count; i++) {
        if ((records[i].flags & CRITICAL) && is_unknown(records[i].tag))
            return false;
    }
    if (count_of(records, count, tag) == 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(records[i].tag, tag) == 0 && is_permitted_by(mem, &records[i], wanted))
            return true;
    }
    return false;
}
