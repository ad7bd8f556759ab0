/* SPDX-License-Identifier: Apache-2.0 */
#include "api/unknown.h"

#include "edge/record.h"

static bool take_word(const char **at, struct slice *out)
{
    *at += strspn(*at, " ");
    *out = slice_of(*at, strcspn(*at, " "));
    *at += out->len;
    return out->len > 0;
}

bool api_read_unknown(struct arena *mem, const char *text, struct edge_report *out, struct err *err)
{
    const char **hosts = arena_array_of(mem, API_UNKNOWN_HOSTS_MAX, const char *);
    const char *at = text;
    struct slice word;
    int64_t total;
    size_t count = 0;

    if (!take_word(&at, &word) || !slice_i64(word, 0, INT64_MAX, &total))
        return err_field(err, "Latchkey-Unknown", "\"%.60s\" does not begin with a number", text);
    for (; take_word(&at, &word); count++) {
        if (count == API_UNKNOWN_HOSTS_MAX || !edge_host_is_valid(word))
            return err_field(err, "Latchkey-Unknown",
                             "\"%.*s\" is not a host name, or one too many", (int)word.len,
                             (const char *)word.data);
        hosts[count] = arena_strndup(mem, (const char *)word.data, word.len);
    }
    out->unknown_count = total;
    out->unknown_hosts = (struct text_list){.items = hosts, .count = count};
    return true;
}
