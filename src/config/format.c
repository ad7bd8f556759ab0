/* SPDX-License-Identifier: Apache-2.0 */
#include "config/format.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/slice.h"

#define ID_MAX     32
#define NAME_MAX   253
#define LOWER_LDH  "abcdefghijklmnopqrstuvwxyz0123456789-"
#define HOST_CHARS LOWER_LDH "ABCDEFGHIJKLMNOPQRSTUVWXYZ."

struct address {
    int family;
    unsigned char octets[16];
    size_t len;
};

static bool address_parse(const char *text, struct address *out)
{
    if (inet_pton(AF_INET, text, out->octets) == 1) {
        out->family = AF_INET;
        out->len = 4;
        return true;
    }
    if (inet_pton(AF_INET6, text, out->octets) == 1) {
        out->family = AF_INET6;
        out->len = 16;
        return true;
    }
    return false;
}

/* The part of `text` before its last `mark`, and the number behind it. */
static bool split_number(struct slice text, char mark, int64_t max, struct slice *head,
                         int64_t *number)
{
    size_t at = text.len;

    while (at > 0 && text.data[at - 1] != (unsigned char)mark)
        at--;
    if (at == 0)
        return false;
    *head = slice_of(text.data, at - 1);
    return slice_i64(slice_of(text.data + at, text.len - at), 0, max, number);
}

static bool address_of(struct slice text, struct address *out)
{
    char inner[INET6_ADDRSTRLEN];

    if (text.len >= sizeof(inner))
        return false;
    memcpy(inner, text.data, text.len);
    inner[text.len] = '\0';
    return address_parse(inner, out);
}

bool format_id(const char *text, struct err *err)
{
    if (strlen(text) > ID_MAX || strspn(text, LOWER_LDH) != strlen(text))
        return err_set(err, ERR_CONFIG, "\"%s\" is not an id: a-z, 0-9 and '-', at most %d", text,
                       ID_MAX);
    return true;
}

bool format_name(const char *text, struct err *err)
{
    const char *at = text;

    if (strlen(text) > NAME_MAX)
        return err_set(err, ERR_CONFIG, "a name of %zu octets, at most %d are allowed",
                       strlen(text), NAME_MAX);
    for (;;) {
        size_t len = strspn(at, LOWER_LDH);

        if (len == 0 || len > 63 || at[0] == '-' || at[len - 1] == '-' ||
            (at[len] != '.' && at[len] != '\0'))
            return err_set(err, ERR_CONFIG,
                           "\"%s\" is not a name in lower-case A-labels without dots around it",
                           text);
        if (at[len] == '\0')
            return true;
        at += len + 1;
    }
}

static bool family_check(const char *text, int family, const char *what, struct err *err)
{
    struct address address;

    if (!address_parse(text, &address) || address.family != family)
        return err_set(err, ERR_CONFIG, "\"%s\" is not an %s address", text, what);
    return true;
}

bool format_ipv4(const char *text, struct err *err)
{
    return family_check(text, AF_INET, "IPv4", err);
}

bool format_ipv6(const char *text, struct err *err)
{
    return family_check(text, AF_INET6, "IPv6", err);
}

bool format_is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || format_in_prefix(host, "127.0.0.0/8") ||
           format_in_prefix(host, "::1/128");
}

bool format_address(const char *text, struct err *err)
{
    struct address address;

    return address_parse(text, &address) ||
           err_set(err, ERR_CONFIG, "\"%s\" is not an IP address", text);
}

/* Whether the octets agree in their first `bits` bits. */
static bool bits_equal(const unsigned char *a, const unsigned char *b, size_t bits)
{
    unsigned mask = 0xffu << (8 - bits % 8) & 0xffu;

    return memcmp(a, b, bits / 8) == 0 &&
           (bits % 8 == 0 || (a[bits / 8] & mask) == (b[bits / 8] & mask));
}

static bool prefix_parse(const char *text, struct address *net, size_t *bits)
{
    struct slice head;
    int64_t number;

    if (!split_number(slice_str(text), '/', 128, &head, &number) || !address_of(head, net) ||
        (size_t)number > net->len * 8)
        return false;
    *bits = (size_t)number;
    return true;
}

bool format_prefix(const char *text, struct err *err)
{
    struct address net;
    size_t bits;

    if (!prefix_parse(text, &net, &bits))
        return err_set(err, ERR_CONFIG, "\"%s\" is not a network such as 10.1.0.0/16", text);
    for (size_t i = bits; i < net.len * 8; i++)
        if (net.octets[i / 8] & (0x80u >> i % 8))
            return err_set(err, ERR_CONFIG, "\"%s\" has bits behind its /%zu", text, bits);
    return true;
}

bool format_in_prefix(const char *text, const char *prefix)
{
    struct address address, net;
    size_t bits;

    return address_parse(text, &address) && prefix_parse(prefix, &net, &bits) &&
           address.family == net.family && bits_equal(address.octets, net.octets, bits);
}

bool format_resolver(const char *text, struct err *err)
{
    struct slice head = slice_str(text);
    struct address address;
    int64_t port = 53;

    if (strchr(text, '@') && (!split_number(slice_str(text), '@', 65535, &head, &port) || !port))
        return err_set(err, ERR_CONFIG, "\"%s\" has no port 1..65535 behind its @", text);
    if (!address_of(head, &address))
        return err_set(err, ERR_CONFIG, "\"%s\" is not a resolver such as 127.0.0.1@8053", text);
    return true;
}

/* "host" or "[v6]" */
static bool host_is_valid(struct slice host)
{
    struct address address;

    if (host.len >= 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
        return address_of(slice_of(host.data + 1, host.len - 2), &address) &&
               address.family == AF_INET6;
    for (size_t i = 0; i < host.len; i++)
        if (!memchr(HOST_CHARS, host.data[i], sizeof(HOST_CHARS) - 1))
            return false;
    return host.len > 0 && host.len <= NAME_MAX;
}

/* "host[:port]" */
static bool authority_is_valid(struct slice text, bool is_port_needed)
{
    struct slice host = text;
    bool has_port =
        text.len > 0 && memrchr(text.data, ':', text.len) && text.data[text.len - 1] != ']';
    int64_t port = 1;

    if (has_port && (!split_number(text, ':', 65535, &host, &port) || port == 0))
        return false;
    return (has_port || !is_port_needed) && host_is_valid(host);
}

bool format_endpoint(const char *text, struct err *err)
{
    if (!authority_is_valid(slice_str(text), true))
        return err_set(err, ERR_CONFIG, "\"%s\" is not an address such as 127.0.0.1:8090", text);
    return true;
}

static bool url_split(const char *text, struct slice *authority, const char **path)
{
    if (strncmp(text, "https://", 8) != 0)
        return false;
    *authority = slice_of(text + 8, strcspn(text + 8, "/?#"));
    *path = text + 8 + authority->len;
    return authority_is_valid(*authority, false);
}

bool format_url(const char *text, struct err *err)
{
    struct slice authority;
    const char *path;

    if (!url_split(text, &authority, &path) || strpbrk(text, " #\"'<>\\"))
        return err_set(err, ERR_CONFIG, "\"%s\" is not an https URL", text);
    return true;
}

bool format_site_url(const char *text, struct err *err)
{
    struct slice authority;
    const char *path;

    if (!url_split(text, &authority, &path) || *path)
        return err_set(err, ERR_CONFIG, "\"%s\" is not of the form https://host[:port]", text);
    return true;
}

const char *format_url_host(struct arena *mem, const char *url)
{
    struct slice authority, host;
    const char *path;
    int64_t port;

    if (!url_split(url, &authority, &path))
        return "";
    host = authority;
    if (authority.data[authority.len - 1] != ']')
        (void)!split_number(authority, ':', 65535, &host, &port); /* no port: all of it */
    if (host.data[0] == '[')
        host = slice_of(host.data + 1, host.len - 2);
    return arena_strndup(mem, (const char *)host.data, host.len);
}

bool format_key_name(const char *text, struct err *err)
{
    size_t len = strlen(text);

    if (len == 0 || len > 253 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != len ||
        text[0] == '.' || text[len - 1] == '.' || strstr(text, ".."))
        return err_set(err, ERR_CONFIG,
                       "\"%s\" is not the name of a key: a-z, 0-9, '-', '_' and '.' between them",
                       text);
    return true;
}

/* What PATH is, and what a program loads before it begins, is not for the file to say. */
bool format_assignment(const char *text, struct err *err)
{
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    if (len == 0 || text[len] != '=' || (text[0] >= '0' && text[0] <= '9'))
        return err_set(err, ERR_CONFIG, "\"%s\" is not of the form NAME=value", text);
    if (strncmp(text, "PATH=", 5) == 0 || strncmp(text, "LD_", 3) == 0)
        return err_set(err, ERR_CONFIG, "%.*s cannot be set", (int)len, text);
    return true;
}

bool format_contact(const char *text, struct err *err)
{
    const char *at = strchr(text, '@');

    if (strncmp(text, "mailto:", 7) != 0 || !at || at == text + 7 || !at[1] ||
        strpbrk(text, " ,?<>\""))
        return err_set(err, ERR_CONFIG, "\"%s\" is not of the form mailto:name@domain", text);
    return true;
}

bool format_store(const char *text, struct err *err)
{
    if ((strncmp(text, "sqlite:", 7) == 0 && text[7]) || strncmp(text, "postgresql:", 11) == 0)
        return true;
    return err_set(err, ERR_CONFIG, "is neither \"sqlite:FILE\" nor \"postgresql:...\"");
}
