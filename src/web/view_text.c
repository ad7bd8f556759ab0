/* SPDX-License-Identifier: Apache-2.0 */

/* view_text: sentences and instants as templates show them. */
#include <time.h>

#include "base/clock.h"
#include "http/response.h"
#include "web/view.h"

#define DAY_MS          INT64_C(86400000)
#define INSTANT_LEN_MIN 20 /* 2026-11-24T03:48:04Z */

/* The octets at `text` that are an RFC 3339 instant; 0: none begins here. */
static size_t instant_at(const char *text, int64_t *out)
{
    size_t len = strspn(text, "0123456789-:.+TZ");
    char part[CLOCK_TEXT_SIZE];
    struct err ignored;

    while (len > 0 && strchr(".:+-", text[len - 1])) /* of the sentence */
        len--;
    if (len < INSTANT_LEN_MIN || len >= sizeof(part))
        return 0;
    memcpy(part, text, len);
    part[len] = '\0';
    return clock_parse(part, out, &ignored) && *out != 0 ? len : 0;
}

static void add_part(json_t *parts, const char *text, size_t len, int64_t at)
{
    if (len > 0)
        json_array_append_new(parts, json_pack("{s:s%, s:n}", "text", text, len, "time"));
    if (at != 0)
        json_array_append_new(parts, json_pack("{s:s, s:o}", "text", "", "time", view_time(at)));
}

static void add_parts(json_t *parts, const char *text)
{
    const char *from = text, *to = text;

    while (*to) {
        bool is_start = to == text || !strchr("0123456789-:.+TZ", to[-1]);
        int64_t at = 0;
        size_t len = is_start ? instant_at(to, &at) : 0;

        if (len > 0) {
            add_part(parts, from, (size_t)(to - from), at);
            from = to + len;
        }
        to += len > 0 ? len : 1;
    }
    add_part(parts, from, (size_t)(to - from), 0);
}

/* Whether its first letter is to be a capital one: not of a name that has a dot. */
static bool is_lower(const char *text)
{
    return *text >= 'a' && *text <= 'z' && !memchr(text, '.', strcspn(text, " "));
}

static char *begin_sentence(const char *text)
{
    char *out = strdup(text);

    if (!out)
        abort();
    if (is_lower(out))
        *out = (char)(*out - 'a' + 'A');
    return out;
}

json_t *view_sentence(const char *text)
{
    json_t *clean = text ? http_json_text(text) : NULL;
    json_t *parts = json_array();
    char *sentence = begin_sentence(clean ? json_string_value(clean) : "");

    add_parts(parts, sentence);
    free(sentence);
    json_decref(clean);
    if (json_array_size(parts) > 0)
        return json_pack("{s:o}", "parts", parts);
    json_decref(parts);
    return json_null();
}

/* How many whole days lie ahead or behind, where that is at least two. */
static void add_distance(json_t *json, int64_t distance_ms)
{
    int64_t days = distance_ms / DAY_MS;

    if (days >= 2)
        json_object_set_new(json, "days_ahead", json_integer(days));
    if (days <= -2)
        json_object_set_new(json, "days_past", json_integer(-days));
}

json_t *view_time(int64_t at)
{
    const time_t s = (time_t)(at / 1000);
    char iso[CLOCK_TEXT_SIZE], text[32], exact[40];
    size_t skip;
    struct tm tm;
    json_t *json;

    if (at == 0 || !gmtime_r(&s, &tm))
        return json_null();
    strftime(text, sizeof(text), "%e %b %Y, %H:%M UTC", &tm);
    strftime(exact, sizeof(exact), "%e %b %Y, %H:%M:%S UTC", &tm);
    skip = text[0] == ' '; /* of a day with one digit */
    json = json_pack("{s:s, s:s, s:s}", "iso", clock_text(at, iso), "text", text + skip, "exact",
                     exact + skip);
    add_distance(json, at - clock_now());
    return json;
}
