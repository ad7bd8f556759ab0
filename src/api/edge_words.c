/* SPDX-License-Identifier: Apache-2.0 */
#include "api/edge_words.h"

#include "acme/ari.h"
#include "edge/record.h"

#define NO_RENEWAL_ID "-"

static bool take_until(struct slice *in, char end, struct slice *out)
{
    const unsigned char *at = in->len ? memchr(in->data, end, in->len) : NULL;
    size_t len = at ? (size_t)(at - in->data) : in->len;

    *out = slice_of(in->data, len);
    *in = slice_of(in->data + len + (at != NULL), in->len - len - (at != NULL));
    return len > 0;
}

static bool take_word(struct slice *in, struct slice *out)
{
    while (in->len > 0 && *in->data == ' ')
        *in = slice_of(in->data + 1, in->len - 1);
    return take_until(in, ' ', out);
}

static const char *text_of(struct arena *mem, struct slice word)
{
    return arena_strndup(mem, (const char *)word.data, word.len);
}

static bool take_count(const char *field, const char *text, struct slice *in, int64_t *out,
                       struct err *err)
{
    struct slice word;

    *in = slice_str(text);
    return (take_word(in, &word) && slice_i64(word, 0, INT64_MAX, out)) ||
           err_field(err, field, "\"%.60s\" does not begin with a number", text);
}

bool api_read_unknown(struct arena *mem, const char *text, struct edge_report *out, struct err *err)
{
    static const char field[] = "Latchkey-Unknown";
    const char **hosts = arena_array_of(mem, API_EDGE_HOSTS_MAX, const char *);
    struct slice in, word;
    size_t count = 0;
    int64_t total;

    if (!take_count(field, text, &in, &total, err))
        return false;
    for (; take_word(&in, &word); count++) {
        if (count == API_EDGE_HOSTS_MAX || !edge_host_key_is_valid(word))
            return err_field(err, field, "\"%.*s\" is not a host name, or one too many",
                             (int)word.len, (const char *)word.data);
        hosts[count] = text_of(mem, word);
    }
    out->unknown_count = total;
    out->unknown_hosts = (struct text_list){.items = hosts, .count = count};
    return true;
}

/* Two words of the base64url alphabet with a dot between them (RFC 9773 section 4.1). */
static bool is_renewal_id(struct slice id)
{
    const size_t len = id.len;
    struct slice key;

    return len <= ACME_CERTIFICATE_ID_MAX && take_until(&id, '.', &key) &&
           edge_token_is_valid(key) && edge_token_is_valid(id);
}

static bool read_kept(struct arena *mem, struct slice word, struct edge_kept *out)
{
    struct slice host, certificate, issued;

    if (!take_until(&word, ':', &host) || !take_until(&word, ':', &certificate) ||
        !take_until(&word, ':', &issued) || !edge_host_key_is_valid(host) ||
        !edge_id_is_valid(certificate) || !slice_i64(issued, 1, INT64_MAX, &out->issued_at) ||
        (!slice_eq_str(word, NO_RENEWAL_ID) && !is_renewal_id(word)))
        return false;
    out->host = text_of(mem, host);
    out->certificate_id = text_of(mem, certificate);
    out->renewal_id = slice_eq_str(word, NO_RENEWAL_ID) ? NULL : text_of(mem, word);
    return true;
}

bool api_read_kept(struct arena *mem, const char *text, struct edge_report *out,
                   struct edge_kept_list *kept, struct err *err)
{
    static const char field[] = "Latchkey-Kept";
    const char **hosts = arena_array_of(mem, API_EDGE_HOSTS_MAX, const char *);
    struct edge_kept *items = arena_array_of(mem, API_EDGE_HOSTS_MAX, struct edge_kept);
    struct slice in, word;
    size_t count = 0;
    int64_t total;

    if (!take_count(field, text, &in, &total, err))
        return false;
    for (; take_word(&in, &word); count++) {
        if (count == API_EDGE_HOSTS_MAX || !read_kept(mem, word, &items[count]))
            return err_field(err, field,
                             "\"%.*s\" is not \"<host>:<certificate>:<issued at>:<renewal id>\", "
                             "or one too many",
                             (int)word.len, (const char *)word.data);
        hosts[count] = items[count].host;
    }
    out->kept_count = total;
    out->kept_hosts = (struct text_list){.items = hosts, .count = count};
    *kept = (struct edge_kept_list){items, count};
    return true;
}
