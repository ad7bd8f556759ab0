/* SPDX-License-Identifier: Apache-2.0 */
#include "check/caa.h"

#include <ctype.h>

#include "base/buf.h"

#define VALUE_MAX 1024

static const char *const understood[] = {"issue", "issuewild", "iodef", "issuemail", "issuevmc"};

/* ---- the value of a record ---- */

static struct slice trim(struct slice s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = slice_of(s.data + 1, s.len - 1);
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Takes what stands before the next `stop`, or all. False at the end. */
static bool take_part(struct slice *rest, unsigned char stop, struct slice *part)
{
    const unsigned char *end;

    if (!rest->data)
        return false;
    end = memchr(rest->data, stop, rest->len);
    *part = slice_of(rest->data, end ? (size_t)(end - rest->data) : rest->len);
    *rest = end ? slice_of(end + 1, rest->len - part->len - 1) : (struct slice){0};
    return true;
}

static bool is_of(struct slice s, bool (*is_so)(unsigned char c))
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_so(s.data[i]))
            return false;
    return true;
}

static bool is_tag_octet(unsigned char c)
{
    return isalnum(c);
}

static bool is_value_octet(unsigned char c)
{
    return isgraph(c);
}

static bool is_label_octet(unsigned char c)
{
    return isalnum(c) || c == '-';
}

/* "tag=value" */
static bool read_parameter(struct slice part, struct slice *tag, struct slice *value)
{
    struct slice rest = part;

    if (!memchr(part.data, '=', part.len) || !take_part(&rest, '=', tag))
        return false;
    *tag = trim(*tag);
    *value = trim(rest);
    return is_of(*tag, is_tag_octet) && is_of(*value, is_value_octet);
}

/* In a list of methods one that is none spoils what stands behind it. */
static bool has_method(struct slice list, const char *method)
{
    struct slice part;

    while (take_part(&list, ',', &part)) {
        if (part.len == 0 || !is_of(part, is_label_octet))
            return false;
        if (slice_eq_str(part, method))
            return true;
    }
    return false;
}

/* The value of the only parameter of this tag. False: it is there more than once. */
static bool find_only(struct slice parameters, const char *wanted, struct slice *out,
                      bool *is_there)
{
    struct slice part, tag, value;

    *is_there = false;
    while (take_part(&parameters, ';', &part)) {
        if (!read_parameter(part, &tag, &value) || !slice_eq_str(tag, wanted))
            continue;
        if (*is_there)
            return false;
        *is_there = true;
        *out = value;
    }
    return true;
}

static bool is_readable(struct slice parameters)
{
    struct slice part, tag, value;
    bool is_first = true;

    while (take_part(&parameters, ';', &part)) {
        bool is_last = !parameters.data;

        /* A semicolon with nothing behind it is as good as none. */
        if (!(is_first && is_last && trim(part).len == 0) && !read_parameter(part, &tag, &value))
            return false;
        is_first = false;
    }
    return true;
}

static enum caa_fault judge_parameters(struct slice parameters, const struct caa_wanted *wanted)
{
    struct slice value;
    bool is_there;

    if (!is_readable(parameters))
        return CAA_MALFORMED;
    if (!find_only(parameters, "validationmethods", &value, &is_there))
        return CAA_MALFORMED;
    if (is_there && wanted->method && !has_method(value, wanted->method))
        return CAA_WRONG_METHOD;
    if (!find_only(parameters, "accounturi", &value, &is_there))
        return CAA_MALFORMED;
    if (!is_there)
        return CAA_PERMITTED;
    if (!wanted->account)
        return CAA_ACCOUNT_UNKNOWN;
    return slice_eq_str(value, wanted->account) ? CAA_PERMITTED : CAA_WRONG_ACCOUNT;
}

static enum caa_fault judge_record(const struct dns_record *record, const struct caa_wanted *wanted)
{
    struct slice rest = slice_str(record->value), domain;

    (void)take_part(&rest, ';', &domain);
    return slice_eq_str(trim(domain), wanted->issuer) ? judge_parameters(rest, wanted)
                                                      : CAA_FORBIDDEN;
}

/* ---- the set ---- */

static bool is_understood(const char *tag)
{
    for (size_t i = 0; i < ARRAY_LEN(understood); i++)
        if (strcmp(tag, understood[i]) == 0)
            return true;
    return false;
}

static bool has_tag(const struct dns_answer *answer, const char *tag)
{
    for (size_t i = 0; i < answer->record_count; i++)
        if (strcmp(answer->records[i].tag, tag) == 0)
            return true;
    return false;
}

static bool has_critical(const struct dns_answer *answer, struct caa_judgement *out)
{
    for (size_t i = 0; i < answer->record_count; i++) {
        if (!(answer->records[i].flags & (128 | 1)) || is_understood(answer->records[i].tag))
            continue;
        out->fault = CAA_CRITICAL;
        out->record = &answer->records[i];
        return true;
    }
    return false;
}

/* How near to permitted a fault is. */
static const int rank[] = {
    [CAA_PERMITTED] = 0,     [CAA_ACCOUNT_UNKNOWN] = 1, [CAA_WRONG_METHOD] = 2,
    [CAA_WRONG_ACCOUNT] = 3, [CAA_MALFORMED] = 4,       [CAA_FORBIDDEN] = 5};

/* One record that permits is enough; else the one that is nearest to it is told. */
static void judge_set(const struct dns_answer *answer, const struct caa_wanted *wanted,
                      struct caa_judgement *out)
{
    out->answer = answer;
    out->tag = wanted->is_wildcard && has_tag(answer, "issuewild") ? "issuewild" : "issue";
    if (has_critical(answer, out) || !has_tag(answer, out->tag))
        return;
    out->fault = CAA_FORBIDDEN;
    for (size_t i = 0; i < answer->record_count; i++) {
        const struct dns_record *record = &answer->records[i];
        enum caa_fault fault;

        if (strcmp(record->tag, out->tag) != 0)
            continue;
        fault = judge_record(record, wanted);
        if (rank[fault] < rank[out->fault]) {
            out->fault = fault;
            out->record = record;
        }
    }
}

void caa_judge(const struct dns_answer *levels, size_t count, const struct caa_wanted *wanted,
               struct caa_judgement *out)
{
    *out = (struct caa_judgement){.fault = CAA_PERMITTED, .tag = "issue"};
    for (size_t i = 0; i < count; i++) {
        if (levels[i].reply == DNS_REPLY_NODATA || levels[i].reply == DNS_REPLY_NXDOMAIN)
            continue;
        if (levels[i].reply != DNS_REPLY_RECORDS) {
            *out = (struct caa_judgement){CAA_UNSEEN, &levels[i], NULL, "issue"};
            return;
        }
        judge_set(&levels[i], wanted, out);
        return;
    }
}

static void add_parameters(struct buf *out, struct slice parameters,
                           const struct caa_wanted *wanted)
{
    struct slice part, tag, value;

    while (take_part(&parameters, ';', &part)) {
        if (!read_parameter(part, &tag, &value) || slice_eq_str(tag, "accounturi"))
            continue;
        buf_str(out, "; ");
        buf_slice(out, tag);
        buf_str(out, "=");
        /* In front, where nothing spoils it. */
        if (slice_eq_str(tag, "validationmethods") && !has_method(value, wanted->method))
            buf_printf(out, "%s,", wanted->method);
        buf_slice(out, value);
    }
}

const char *caa_value(struct arena *mem, const struct caa_judgement *judgement,
                      const struct caa_wanted *wanted)
{
    struct buf out = buf_new(mem, VALUE_MAX);
    struct slice rest, domain;

    buf_printf(&out, "0 %s \"%s", judgement->tag, wanted->issuer);
    if (judgement->record &&
        (judgement->fault == CAA_WRONG_METHOD || judgement->fault == CAA_WRONG_ACCOUNT)) {
        rest = slice_str(judgement->record->value);
        (void)take_part(&rest, ';', &domain);
        add_parameters(&out, rest, wanted);
    }
    if (judgement->fault == CAA_WRONG_ACCOUNT)
        buf_printf(&out, "; accounturi=%s", wanted->account);
    buf_str(&out, "\"");
    return buf_ok(&out) ? buf_cstr(&out) : arena_printf(mem, "0 issue \"%s\"", wanted->issuer);
}
