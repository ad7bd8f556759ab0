/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/lookup.h"

bool edge_host_name(struct slice text, struct edge_host_name *out)
{
    struct edge_host_name name = {0};

    if (text.len > 1 && text.data[text.len - 1] == '.')
        text.len--;
    if (text.len == 0 || text.len > EDGE_HOST_MAX)
        return false;
    for (; name.len < text.len; name.len++) {
        unsigned char c = text.data[name.len];

        name.text[name.len] = c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
    }
    if (!edge_host_is_valid(edge_host_name_view(&name)))
        return false;
    *out = name;
    return true;
}

bool edge_host_above(struct slice host, struct edge_host_name *out)
{
    const unsigned char *dot = memchr(host.data, '.', host.len);
    size_t first = dot ? (size_t)(dot - host.data) : host.len, left = host.len - first;

    if (!dot || first == 0 || left < 2 || left + 1 > sizeof(out->text))
        return false;
    out->text[0] = '*';
    memcpy(out->text + 1, dot, left);
    out->len = left + 1;
    return true;
}

bool edge_sni(struct slice extension, struct slice *name)
{
    uint16_t list_len, name_len;
    uint8_t type;

    if (!slice_u16(&extension, &list_len) || list_len != extension.len ||
        !slice_u8(&extension, &type) || type != 0 || !slice_u16(&extension, &name_len) ||
        name_len != extension.len)
        return false;
    *name = extension;
    return true;
}

bool edge_alpn_is_acme(struct slice extension)
{
    static const unsigned char list[] = "\0\x0b\x0a" EDGE_ALPN_ACME;

    return slice_eq(extension, slice_of(list, sizeof(list) - 1));
}

bool edge_preview(struct slice host, struct edge_preview *out)
{
    static const struct slice suffix = {(const unsigned char *)"." EDGE_PREVIEW_DOMAIN,
                                        sizeof("." EDGE_PREVIEW_DOMAIN) - 1};
    struct edge_preview preview = {0};

    if (host.len <= suffix.len || host.len - suffix.len > EDGE_ID_MAX)
        return false;
    preview.len = host.len - suffix.len;
    if (!slice_eq(slice_of(host.data + preview.len, suffix.len), suffix))
        return false;
    for (size_t i = 0; i < preview.len; i++) {
        if (host.data[i] == '.')
            return false;
        preview.id[i] = host.data[i] == '-' ? '_' : host.data[i];
    }
    *out = preview;
    return true;
}

bool edge_db_key(enum edge_kind kind, struct slice key, struct edge_db_key *out)
{
    if (key.len == 0 || key.len > EDGE_KEY_MAX)
        return false;
    out->octets[0] = (unsigned char)kind;
    memcpy(out->octets + 1, key.data, key.len);
    out->len = 1 + key.len;
    return true;
}

bool edge_challenge_db_prefix(struct slice host, struct edge_db_key *out)
{
    if (host.len > EDGE_HOST_MAX || !edge_db_key(EDGE_CHALLENGE, host, out))
        return false;
    out->octets[out->len++] = 0;
    return true;
}

bool edge_challenge_db_key(struct slice host, struct slice token, struct edge_db_key *out)
{
    if (!edge_token_is_valid(token) || !edge_challenge_db_prefix(host, out))
        return false;
    memcpy(out->octets + out->len, token.data, token.len);
    out->len += token.len;
    return true;
}

enum edge_path edge_path(struct slice path, struct slice *token)
{
    static const struct {
        enum edge_path path;
        struct slice prefix;
    } rows[] = {
        {EDGE_PATH_CHALLENGE,
         {(const unsigned char *)EDGE_CHALLENGE_PATH, sizeof(EDGE_CHALLENGE_PATH) - 1}},
        {EDGE_PATH_CHECK, {(const unsigned char *)EDGE_CHECK_PATH, sizeof(EDGE_CHECK_PATH) - 1}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!slice_starts(path, rows[i].prefix))
            continue;
        *token = slice_of(path.data + rows[i].prefix.len, path.len - rows[i].prefix.len);
        return rows[i].path;
    }
    return EDGE_PATH_OTHER;
}

bool edge_check_token_is_valid(struct slice token)
{
    return token.len >= EDGE_CHECK_TOKEN_MIN && token.len <= EDGE_CHECK_TOKEN_MAX &&
           edge_token_is_valid(token);
}

bool edge_live_record(struct slice value, enum edge_kind kind, struct edge_record *out)
{
    struct edge_record record;

    if (edge_record_read(value, &record) != EDGE_FAULT_NONE || record.kind != kind ||
        record.is_tombstone)
        return false;
    *out = record;
    return true;
}
