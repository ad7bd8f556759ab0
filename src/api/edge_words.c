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

/* Two words of the base64url alphabet with a dot between them (RFC 9773 section 4.1). */
static bool is_renewal_id(struct slice id)
{
    const size_t len = id.len;
    struct slice key;

    return len <= ACME_CERTIFICATE_ID_MAX && take_until(&id, '.', &key) &&
           edge_token_is_valid(key) && edge_token_is_valid(id);
}

static bool read_host(struct arena *mem, struct slice word, struct edge_kept *out)
{
    if (!edge_host_key_is_valid(word))
        return false;
    *out = (struct edge_kept){.host = text_of(mem, word)};
    return true;
}

static bool read_kept(struct arena *mem, struct slice word, struct edge_kept *out)
{
    struct slice host, certificate, issued;

    if (!take_until(&word, ':', &host) || !take_until(&word, ':', &certificate) ||
        !take_until(&word, ':', &issued) || !read_host(mem, host, out) ||
        !edge_id_is_valid(certificate) || !slice_i64(issued, 1, INT64_MAX, &out->issued_at) ||
        (!slice_eq_str(word, NO_RENEWAL_ID) && !is_renewal_id(word)))
        return false;
    out->certificate_id = text_of(mem, certificate);
    out->renewal_id = slice_eq_str(word, NO_RENEWAL_ID) ? NULL : text_of(mem, word);
    return true;
}

/* A header: a number, and words of one form. */
struct form {
    const char *field, *what;
    bool (*read)(struct arena *mem, struct slice word, struct edge_kept *out);
};

struct told {
    int64_t total;
    struct text_list hosts;
    struct edge_kept_list items;
};

static bool read_header(struct arena *mem, const struct form *form, const char *text,
                        struct told *out, struct err *err)
{
    const char **hosts = arena_array_of(mem, API_EDGE_HOSTS_MAX, const char *);
    struct edge_kept *items = arena_array_of(mem, API_EDGE_HOSTS_MAX, struct edge_kept);
    struct slice in = slice_str(text), word;
    size_t count = 0;

    if (!take_word(&in, &word) || !slice_i64(word, 0, INT64_MAX, &out->total))
        return err_field(err, form->field, "\"%.60s\" does not begin with a number", text);
    for (; take_word(&in, &word); count++) {
        if (count == API_EDGE_HOSTS_MAX || !form->read(mem, word, &items[count]))
            return err_field(err, form->field, "\"%.*s\" is not %s, or one too many", (int)word.len,
                             (const char *)word.data, form->what);
        hosts[count] = items[count].host;
    }
    out->hosts = (struct text_list){.items = hosts, .count = count};
    out->items = (struct edge_kept_list){items, count};
    return true;
}

bool api_read_unknown(struct arena *mem, const char *text, struct edge_report *out, struct err *err)
{
    static const struct form form = {"Latchkey-Unknown", "a host name", read_host};
    struct told told;

    if (!read_header(mem, &form, text, &told, err))
        return false;
    out->unknown_count = told.total;
    out->unknown_hosts = told.hosts;
    return true;
}

bool api_read_kept(struct arena *mem, const char *text, struct edge_report *out,
                   struct edge_kept_list *kept, struct err *err)
{
    static const struct form form = {
        "Latchkey-Kept", "\"<host>:<certificate>:<issued at>:<renewal id>\"", read_kept};
    struct told told;

    if (!read_header(mem, &form, text, &told, err))
        return false;
    out->kept_count = told.total;
    out->kept_hosts = told.hosts;
    *kept = told.items;
    return true;
}
