/* SPDX-License-Identifier: Apache-2.0 */
#include "model/hostname.h"

#include <arpa/inet.h>
#include <assert.h>
#include <idn2.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "model/script.h"

#define IDN_FLAGS (IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT)

#define X(id, name) [HOSTNAME_##id] = name,
static const char *const fault_names[HOSTNAME_FAULT_COUNT] = {HOSTNAME_FAULTS(X)};
#undef X

/* Names that no public CA certifies: RFC 6761, 6762, 7686, 9476, 3172, and ICANN's "internal". */
static const char *const reserved_tlds[] = {
    "alt",     "arpa",  "corp",      "example", "home",  "internal",
    "invalid", "local", "localhost", "mail",    "onion", "test",
};

struct label {
    const char *text;
    size_t len;
    size_t number; /* from 1 */
};

PRINTF(3, 4)
static enum hostname_fault refuse(struct err *err, enum hostname_fault fault, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    err_field(err, "name", "%s", text);
    return fault;
}

static bool is_ldh(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

static bool has_ldh_prefix(const char *label, size_t len)
{
    return len >= 4 && label[2] == '-' && label[3] == '-';
}

static enum hostname_fault character_check(const struct label *label, struct err *err)
{
    for (size_t i = 0; i < label->len; i++) {
        char c = label->text[i];

        if (c == '_')
            return refuse(err, HOSTNAME_UNDERSCORE,
                          "label %zu: an underscore is not allowed in a host name", label->number);
        if (c == '*')
            return refuse(err, HOSTNAME_WILDCARD,
                          "label %zu: a star may only be the whole first label", label->number);
        if (!is_ldh(c))
            return refuse(err, HOSTNAME_BAD_CHARACTER,
                          "label %zu: octet 0x%02x is not allowed in a host name", label->number,
                          (unsigned)(unsigned char)c);
    }
    return HOSTNAME_NONE;
}

/* LDH and length of one lower-case ASCII label. */
static enum hostname_fault label_check(const struct label *label, struct err *err)
{
    enum hostname_fault fault;

    if (label->len == 0)
        return refuse(err, HOSTNAME_EMPTY_LABEL, "label %zu is empty", label->number);
    fault = character_check(label, err);
    if (fault)
        return fault;
    if (label->len > HOSTNAME_LABEL_MAX)
        return refuse(err, HOSTNAME_LABEL_TOO_LONG,
                      "label %zu has %zu octets, at most %d are allowed", label->number, label->len,
                      HOSTNAME_LABEL_MAX);
    if (label->text[0] == '-' || label->text[label->len - 1] == '-')
        return refuse(err, HOSTNAME_HYPHEN, "label %zu begins or ends with a hyphen",
                      label->number);
    return HOSTNAME_NONE;
}

static struct label label_next(const char **rest, size_t number)
{
    const char *text = *rest;
    size_t len = strcspn(text, ".");

    *rest = text[len] == '.' ? text + len + 1 : NULL;
    return (struct label){.text = text, .len = len, .number = number};
}

/* Limits and LDH of a lower-case ASCII name; `base` is `name` without "*.". */
static enum hostname_fault syntax_check(const char *name, const char *base, size_t *labels,
                                        struct err *err)
{
    size_t count = 0;

    for (const char *rest = base; rest;) {
        struct label label = label_next(&rest, ++count);
        enum hostname_fault fault = label_check(&label, err);

        if (fault)
            return fault;
    }
    if (strlen(name) > HOSTNAME_MAX)
        return refuse(err, HOSTNAME_TOO_LONG, "the name has %zu octets, at most %d are allowed",
                      strlen(name), HOSTNAME_MAX);
    if (count > HOSTNAME_LABELS_MAX)
        return refuse(err, HOSTNAME_TOO_MANY_LABELS,
                      "the name has %zu labels, at most %d are allowed", count,
                      HOSTNAME_LABELS_MAX);
    *labels = count;
    return HOSTNAME_NONE;
}

bool hostname_is_wildcard(const char *name)
{
    return strncmp(name, HOSTNAME_STAR, strlen(HOSTNAME_STAR)) == 0;
}

const char *hostname_base(const char *name)
{
    return hostname_is_wildcard(name) ? name + strlen(HOSTNAME_STAR) : name;
}

/* A number as the last label: browsers and inet_aton() read the whole as an IPv4 address. */
static bool is_ip_address(const char *name)
{
    const char *last = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
    struct in_addr v4;

    return (*last && strspn(last, "0123456789") == strlen(last)) || inet_aton(name, &v4) != 0;
}

static bool is_ipv6_address(const char *text)
{
    char inner[INET6_ADDRSTRLEN];
    size_t len = strlen(text);
    struct in6_addr v6;

    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len >= sizeof(inner))
        return false;
    memcpy(inner, text, len);
    inner[len] = '\0';
    return inet_pton(AF_INET6, inner, &v6) == 1;
}

static enum hostname_fault idn_refuse(const struct label *label, int rc, struct err *err)
{
    if (rc == IDN2_TOO_BIG_LABEL || rc == IDN2_PUNYCODE_BIG_OUTPUT)
        return refuse(err, HOSTNAME_LABEL_TOO_LONG,
                      "label %zu has more than %d octets as an A-label", label->number,
                      HOSTNAME_LABEL_MAX);
    return refuse(err, HOSTNAME_IDN_INVALID, "label %zu is not valid by IDNA2008: %s",
                  label->number, idn2_strerror(rc));
}

/* Appends the A-label of one U-label; what UTS 46 mapped to plain ASCII is checked with the rest.
 */
static enum hostname_fault u_label_add(struct arena *mem, const struct label *label,
                                       struct buf *name, struct err *err)
{
    const char *text = arena_strndup(mem, label->text, label->len);
    char *found = NULL;
    int rc = idn2_to_ascii_8z(text, &found, IDN_FLAGS);

    if (rc != IDN2_OK)
        return idn_refuse(label, rc, err);
    buf_str(name, found);
    if (strchr(found, '.') || !*found)
        rc = IDN2_DOT_IN_LABEL;
    idn2_free(found);
    return rc == IDN2_OK ? HOSTNAME_NONE : idn_refuse(label, rc, err);
}

/* Whether a lower-case label with "--" in its third place is the A-label of its own U-label. */
static bool a_label_is_valid(struct arena *mem, const struct label *label)
{
    const char *text = arena_strndup(mem, label->text, label->len);
    char *unicode = NULL, *back = NULL;
    bool valid = strncmp(text, "xn--", 4) == 0 &&
                 idn2_to_unicode_8z8z(text, &unicode, 0) == IDN2_OK &&
                 !is_ascii(unicode, strlen(unicode)) &&
                 idn2_to_ascii_8z(unicode, &back, IDN_FLAGS) == IDN2_OK && strcmp(back, text) == 0;

    idn2_free(unicode);
    idn2_free(back);
    return valid;
}

static enum hostname_fault a_labels_check(struct arena *mem, const char *base, struct err *err)
{
    size_t number = 0;

    for (const char *rest = base; rest;) {
        struct label label = label_next(&rest, ++number);

        if (has_ldh_prefix(label.text, label.len) && !a_label_is_valid(mem, &label))
            return refuse(err, HOSTNAME_IDN_INVALID,
                          "label %zu has \"--\" in its third place and is not a valid A-label",
                          number);
    }
    return HOSTNAME_NONE;
}

/* The octets of a full stop in any of its four forms at `at` (UTS 46 section 4.5), else 0. */
static size_t dot_len(const char *at)
{
    static const char *const forms[] = {".", "\u3002", "\uff0e", "\uff61"};

    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (strncmp(at, forms[i], strlen(forms[i])) == 0)
            return strlen(forms[i]);
    return 0;
}

static void lower_add(struct buf *name, const struct label *label)
{
    for (size_t i = 0; i < label->len; i++) {
        char c = label->text[i];

        buf_u8(name, (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    }
}

/* Appends `text`, label by label, in lower case and as A-labels. */
static enum hostname_fault labels_add(struct arena *mem, const char *text, struct buf *name,
                                      struct err *err)
{
    for (size_t number = 1;; number++) {
        struct label label = {.text = text, .number = number};
        size_t dot = 0;

        while (text[label.len] && !(dot = dot_len(text + label.len)))
            label.len++;
        if (is_ascii(label.text, label.len)) {
            lower_add(name, &label);
        } else {
            enum hostname_fault fault = u_label_add(mem, &label, name, err);

            if (fault)
                return fault;
        }
        text += label.len + dot;
        if (!dot)
            return HOSTNAME_NONE;
        if (!*text)
            return HOSTNAME_NONE; /* the final dot */
        buf_str(name, ".");
    }
}

static const char *trimmed(struct arena *mem, const char *input)
{
    size_t len;

    input += strspn(input, " \t\r\n");
    len = strlen(input);
    while (len > 0 && strchr(" \t\r\n", input[len - 1]))
        len--;
    return arena_strndup(mem, input, len);
}

/* The input as lower-case ASCII, not yet checked. */
static enum hostname_fault to_ascii(struct arena *mem, const char *input, const char **out,
                                    struct err *err)
{
    const char *text;
    struct buf name = buf_new(mem, HOSTNAME_INPUT_MAX * 2);
    enum hostname_fault fault;

    if (strlen(input) > HOSTNAME_INPUT_MAX)
        return refuse(err, HOSTNAME_TOO_LONG, "the name has %zu octets, at most %d are allowed",
                      strlen(input), HOSTNAME_MAX);
    text = trimmed(mem, input);
    if (!*text)
        return refuse(err, HOSTNAME_EMPTY, "a name is missing");
    if (!slice_is_utf8(slice_str(text)))
        return refuse(err, HOSTNAME_IDN_INVALID, "the name is not UTF-8");
    if (is_ipv6_address(text))
        return refuse(err, HOSTNAME_IP_ADDRESS, "%s is an IP address, not a name", text);
    if (hostname_is_wildcard(text))
        buf_str(&name, HOSTNAME_STAR);
    fault = labels_add(mem, hostname_base(text), &name, err);
    if (fault)
        return fault;
    *out = buf_cstr(&name);
    if (!*out)
        return refuse(err, HOSTNAME_TOO_LONG, "the name has more than %d octets", HOSTNAME_MAX);
    return HOSTNAME_NONE;
}

static bool is_reserved_tld(const char *name)
{
    const char *last = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;

    for (size_t i = 0; i < ARRAY_LEN(reserved_tlds); i++)
        if (strcmp(last, reserved_tlds[i]) == 0)
            return true;
    return false;
}

/* Whether names like this are certified at all. */
static enum hostname_fault suffix_check(const struct suffix_list *list, const char *base,
                                        size_t labels, struct err *err)
{
    const char *last = strrchr(base, '.') ? strrchr(base, '.') + 1 : base;

    if (is_reserved_tld(base) && !suffix_is_extra(list, base))
        return refuse(err, HOSTNAME_RESERVED_TLD,
                      "names under \".%s\" are reserved and cannot have a public certificate",
                      last);
    if (suffix_is_known(list, base) && suffix_is_public(list, base))
        return refuse(err, HOSTNAME_PUBLIC_SUFFIX,
                      "\"%s\" is a public suffix: names are registered under it", base);
    if (labels < 2)
        return refuse(err, HOSTNAME_SINGLE_LABEL, "\"%s\" is a single label, not a public name",
                      base);
    if (!suffix_is_known(list, base))
        return refuse(err, HOSTNAME_UNKNOWN_SUFFIX, "\".%s\" is not a public top-level domain",
                      last);
    return HOSTNAME_NONE;
}

enum hostname_fault hostname_read(struct arena *mem, const struct suffix_list *list,
                                  const char *input, struct hostname *out, struct err *err)
{
    const char *name, *base, *registered;
    size_t labels;
    enum hostname_fault fault = to_ascii(mem, input, &name, err);

    if (fault)
        return fault;
    base = hostname_base(name);
    if (is_ip_address(base))
        return refuse(err, HOSTNAME_IP_ADDRESS, "%s is an IP address, not a name", base);
    fault = syntax_check(name, base, &labels, err);
    if (!fault)
        fault = a_labels_check(mem, base, err);
    if (!fault)
        fault = suffix_check(list, base, labels, err);
    if (fault)
        return fault;
    registered = suffix_registered_domain(list, base);
    assert(registered);
    *out = (struct hostname){
        .name = name,
        .base = base,
        .registered = registered,
        .unicode = hostname_unicode(mem, name),
        .is_wildcard = base != name,
        .is_registered = registered == base,
    };
    return HOSTNAME_NONE;
}

bool hostname_parse(struct arena *mem, const struct suffix_list *list, const char *input,
                    struct hostname *out, struct err *err)
{
    return hostname_read(mem, list, input, out, err) == HOSTNAME_NONE;
}

bool hostname_check(const char *name, struct err *err)
{
    size_t labels;

    if (syntax_check(name, hostname_base(name), &labels, err))
        return false;
    if (labels < 2) {
        refuse(err, HOSTNAME_SINGLE_LABEL, "\"%s\" is a single label, not a public name", name);
        return false;
    }
    return true;
}

bool hostname_is_under(const char *name, const char *parent)
{
    size_t len = strlen(name), tail = strlen(parent);

    return len > tail && name[len - tail - 1] == '.' && strcmp(name + len - tail, parent) == 0;
}

bool hostname_is_within(const char *name, const char *parent)
{
    return strcmp(name, parent) == 0 || hostname_is_under(name, parent);
}

const char *hostname_unicode(struct arena *mem, const char *name)
{
    const char *base = hostname_base(name), *unicode = name;
    char *found = NULL, *back = NULL;

    if (!strstr(base, "xn--"))
        return name;
    if (idn2_to_unicode_8z8z(base, &found, 0) == IDN2_OK &&
        idn2_to_ascii_8z(found, &back, IDN_FLAGS) == IDN2_OK && strcmp(back, base) == 0 &&
        script_is_one(found))
        unicode = arena_printf(mem, "%s%s", base == name ? "" : HOSTNAME_STAR, found);
    idn2_free(found);
    idn2_free(back);
    return unicode;
}

const char *hostname_prefix(struct arena *mem, const char *typed)
{
    const char *name, *last;
    struct err ignored; /* what is no name yet is looked for as it is */

    if (to_ascii(mem, typed, &name, &ignored))
        return typed;
    last = strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
    if (is_ascii(typed, strlen(typed)) || strncmp(last, "xn--", 4) != 0)
        return name;
    if (strrchr(last, '-') > last + 3)
        return arena_strndup(mem, name, (size_t)(strrchr(last, '-') - name));
    return arena_strndup(mem, name, (size_t)(last + 4 - name));
}

const char *hostname_fault_name(enum hostname_fault fault)
{
    return fault_names[fault];
}
