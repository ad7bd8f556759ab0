/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/identifier.h"

#include <arpa/inet.h>
#include <idn2.h>

#include "base/buf.h"
#include "base/slice.h"

static const char *const always_permitted[] = {"test", "example", "invalid", "localhost"};

#define WILDCARD "*."

static const char too_long[] = "Domain name is longer than 253 bytes";
static const char allowed_octets[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";

static bool is_hostname(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > CA_NAME_MAX || strspn(name, allowed_octets) != len)
        return false;
    if (name[0] == '.' || name[len - 1] == '.' || strstr(name, ".."))
        return false;
    return name[0] != '-' && name[len - 1] != '-' && !strstr(name, "-.") && !strstr(name, ".-");
}

bool ca_suffixes_make(struct arena *mem, const char *const *extra, size_t count,
                      struct ca_suffixes *out, struct err *err)
{
    size_t always = ARRAY_LEN(always_permitted);
    const char **items = arena_array_of(mem, always + count, const char *);

    if (always + count > CA_SUFFIXES_MAX)
        return err_set(err, ERR_CONFIG, "%zu permitted suffixes are too many, at most %zu", count,
                       CA_SUFFIXES_MAX - always);
    for (size_t i = 0; i < always; i++)
        items[i] = always_permitted[i];
    for (size_t i = 0; i < count; i++) {
        if (!is_hostname(extra[i]))
            return err_set(err, ERR_CONFIG, "permitted suffix \"%s\" is not a lower-case DNS name",
                           extra[i]);
        items[always + i] = arena_strdup(mem, extra[i]);
    }
    *out = (struct ca_suffixes){.items = items, .count = always + count};
    return true;
}

static bool is_under(const char *name, const char *suffix)
{
    size_t len = strlen(name), tail = strlen(suffix);

    if (len == tail)
        return strcmp(name, suffix) == 0 && strchr(suffix, '.');
    return len > tail && name[len - tail - 1] == '.' && strcmp(name + len - tail, suffix) == 0;
}

bool ca_suffixes_permit(const struct ca_suffixes *suffixes, const char *name)
{
    for (size_t i = 0; i < suffixes->count; i++) {
        if (is_under(name, suffixes->items[i]))
            return true;
    }
    return false;
}

static bool is_forbidden(const struct ca_suffixes *suffixes, const char *name)
{
    for (size_t i = 0; i < suffixes->forbidden_count; i++)
        if (is_under(name, suffixes->forbidden[i]))
            return true;
    return false;
}

static bool is_ip_address(const char *name)
{
    unsigned char octets[16];

    return inet_pton(AF_INET, name, octets) == 1 || inet_pton(AF_INET6, name, octets) == 1;
}

/* Baseline Requirements 1.6.1, "P-Label": what follows "xn--" is punycode of NFC text. */
static bool is_punycode(const char *label)
{
    char *u_label = NULL, *a_label = NULL;
    bool is_same = idn2_to_unicode_8z8z(label, &u_label, 0) == IDN2_OK &&
                   idn2_to_ascii_8z(u_label, &a_label, IDN2_NONTRANSITIONAL) == IDN2_OK &&
                   strcmp(label, a_label) == 0;

    idn2_free(u_label);
    idn2_free(a_label);
    return is_same;
}

static const char *label_refusal(struct slice label, enum ca_problem_type *type)
{
    char text[CA_NAME_LABEL_MAX + 1] = "";

    if (label.len == 0)
        return "Domain name can not have two dots in a row";
    if (label.len > CA_NAME_LABEL_MAX)
        return "Domain has a label (component between dots) longer than 63 bytes";
    if (label.data[0] == '-' || label.data[label.len - 1] == '-')
        return "Domain name contains an invalid character";
    memcpy(text, label.data, label.len);
    if (label.len < 4 || memcmp(text + 2, "--", 2) != 0)
        return NULL;
    if (memcmp(text, "xn", 2) != 0) {
        *type = CA_PROBLEM_REJECTED_IDENTIFIER;
        return "Domain name contains an invalid label in a reserved format (R-LDH: '?\?--')";
    }
    return is_punycode(text) ? NULL : "Domain name contains malformed punycode";
}

static const char *labels_refusal(const char *name, enum ca_problem_type *type)
{
    size_t count = 1;

    for (const char *p = name; *p; p++)
        count += *p == '.';
    if (count > CA_NAME_LABELS_MAX)
        return "Domain name has more than 10 labels (parts)";
    if (count < 2)
        return "Domain name needs at least one dot";
    for (const char *label = name; label;) {
        const char *dot = strchr(label, '.');
        size_t len = dot ? (size_t)(dot - label) : strlen(label);
        const char *refusal = label_refusal(slice_of(label, len), type);

        if (refusal)
            return refusal;
        label = dot ? dot + 1 : NULL;
    }
    return NULL;
}

static const char *form_refusal(const char *name, enum ca_problem_type *type)
{
    size_t len = strlen(name);

    if (len == 0)
        return "Identifier value (name) is empty";
    if (strspn(name, allowed_octets) != len)
        return "Domain name contains an invalid character";
    if (len > CA_NAME_MAX)
        return too_long;
    if (is_ip_address(name))
        return "Identifier type is DNS but value is an IP address";
    if (name[len - 1] == '.')
        return "Domain name ends in a dot";
    return labels_refusal(name, type);
}

bool ca_name_is_wildcard(const char *name)
{
    return strncmp(name, WILDCARD, sizeof(WILDCARD) - 1) == 0;
}

const char *ca_name_base(const char *name)
{
    return ca_name_is_wildcard(name) ? name + sizeof(WILDCARD) - 1 : name;
}

/* NULL: no "*", or one that may be there. */
static const char *wildcard_refusal(const char *name)
{
    const char *star = strchr(name, '*'), *base = ca_name_base(name);

    if (!star)
        return NULL;
    if (strchr(star + 1, '*'))
        return "Domain name has more than one wildcard";
    if (base == name)
        return "Domain name contains an invalid wildcard. A wildcard is only permitted before the "
               "first dot in a domain name";
    if (*base && !strchr(base, '.'))
        return "Domain name is a wildcard for an ICANN TLD";
    return strlen(name) > CA_NAME_MAX ? too_long : NULL;
}

const char *ca_name_refusal(const struct ca_suffixes *suffixes, const char *name,
                            enum ca_problem_type *type)
{
    const char *refusal = wildcard_refusal(name), *base = ca_name_base(name);

    *type = CA_PROBLEM_MALFORMED;
    if (!refusal)
        refusal = form_refusal(base, type);
    if (refusal)
        return refusal;
    *type = CA_PROBLEM_REJECTED_IDENTIFIER;
    if (is_forbidden(suffixes, base))
        return "The ACME server refuses to issue a certificate for this domain name, because it is "
               "forbidden by policy";
    if (ca_suffixes_permit(suffixes, base))
        return NULL;
    return "Domain name is outside the names that this sandbox CA is constrained to (.test, "
           ".example, .invalid, .localhost and those its operator has listed)";
}

static int compare_names(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

const char *ca_lower_case(struct arena *mem, const char *text)
{
    char *out = arena_strdup(mem, text);

    for (char *p = out; *p; p++) {
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    }
    return out;
}

struct ca_names ca_names_make(struct arena *mem, const char *const *items, size_t count)
{
    const char **names = arena_array_of(mem, count + 1, const char *);
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        names[i] = ca_lower_case(mem, items[i]);
    if (count)
        qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 0; i < count; i++) {
        if (n == 0 || strcmp(names[n - 1], names[i]) != 0)
            names[n++] = names[i];
    }
    return (struct ca_names){.items = names, .count = n};
}

bool ca_names_equal(const struct ca_names *a, const struct ca_names *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    }
    return true;
}

const char *ca_names_text(struct arena *mem, const struct ca_names *names)
{
    struct buf out = buf_new(mem, (size_t)CA_NAMES_MAX * (CA_NAME_MAX + 1));

    for (size_t i = 0; i < names->count; i++)
        buf_printf(&out, "%s%s", i ? "," : "", names->items[i]);
    return buf_cstr(&out);
}

struct ca_names ca_names_split(struct arena *mem, const char *text)
{
    const char **items = arena_array_of(mem, CA_NAMES_MAX, const char *);
    size_t n = 0;

    while (*text && n < CA_NAMES_MAX) {
        size_t len = strcspn(text, ",");

        items[n++] = arena_strndup(mem, text, len);
        text += len + (text[len] == ',');
    }
    return (struct ca_names){.items = items, .count = n};
}

/* One entry of "identifiers". */
static bool read_identifier(const json_t *entry, const char **out, struct ca_problem *problem)
{
    const char *type = json_string_value(json_object_get(entry, "type"));
    const char *value = json_string_value(json_object_get(entry, "value"));

    if (!type || !value)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Unable to unmarshal NewOrder request body");
    if (strcmp(type, "dns") != 0)
        return ca_refuse(problem, CA_PROBLEM_UNSUPPORTED_IDENTIFIER,
                         "NewOrder request included unsupported identifier: type \"%s\", value "
                         "\"%s\"",
                         type, value);
    if (!*value)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "NewOrder request included empty identifier");
    *out = value;
    return true;
}

static bool refuse_names(struct ca_problem *problem, const struct ca_subproblem *subs, size_t count)
{
    if (count == 1)
        return ca_refuse(problem, CA_PROBLEM_REJECTED_IDENTIFIER, "Cannot issue for \"%s\": %s",
                         subs[0].identifier, subs[0].detail);
    (void)ca_refuse(problem, CA_PROBLEM_REJECTED_IDENTIFIER,
                    "Cannot issue for \"%s\": %s (and %zu more problems. Refer to sub-problems for "
                    "more information.)",
                    subs[0].identifier, subs[0].detail, count - 1);
    problem->subs = subs;
    problem->sub_count = count;
    return false;
}

static bool check_names(struct arena *mem, const struct ca_suffixes *suffixes,
                        const struct ca_names *names, struct ca_problem *problem)
{
    struct ca_subproblem *subs = arena_array_of(mem, names->count, struct ca_subproblem);
    size_t bad = 0;

    for (size_t i = 0; i < names->count; i++) {
        enum ca_problem_type type;
        const char *refusal = ca_name_refusal(suffixes, names->items[i], &type);

        if (refusal)
            subs[bad++] = (struct ca_subproblem){type, names->items[i], refusal};
    }
    return bad == 0 || refuse_names(problem, subs, bad);
}

static bool has_name(const struct ca_names *names, const char *name)
{
    return bsearch(&name, names->items, names->count, sizeof(*names->items), compare_names) != NULL;
}

/* "www.shop.example" says nothing beside "*.shop.example". */
static bool check_overlap(struct arena *mem, const struct ca_names *names,
                          struct ca_problem *problem)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];

        if (!ca_name_is_wildcard(name) &&
            has_name(names, arena_printf(mem, "*%s", strchr(name, '.'))))
            return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                             "Error creating new order :: Domain name \"%s\" is redundant with a "
                             "wildcard domain in the same request. Remove one or the other from "
                             "the certificate request.",
                             name);
    }
    return true;
}

bool ca_names_read(struct arena *mem, const struct ca_suffixes *suffixes, const json_t *value,
                   struct ca_names *out, struct ca_problem *problem)
{
    const char *items[CA_NAMES_MAX];
    size_t count = json_array_size(value);
    struct ca_names names;

    if (count == 0)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "NewOrder request did not specify any identifiers");
    if (count > CA_NAMES_MAX)
        return ca_refuse(
            problem, CA_PROBLEM_MALFORMED,
            "Error creating new order :: Order cannot contain more than %d identifiers",
            CA_NAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!read_identifier(json_array_get(value, i), &items[i], problem))
            return false;
    }
    names = ca_names_make(mem, items, count);
    if (!check_names(mem, suffixes, &names, problem) || !check_overlap(mem, &names, problem))
        return false;
    *out = names;
    return true;
}
