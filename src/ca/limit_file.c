/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/limit_file.h"

#include "base/period.h"
#include "ca/state_dir.h"

#define WORDS_MAX 5 /* one more than a line may have */
#define BLANK     " \t\r"

struct line {
    const char *words[WORDS_MAX];
    size_t count;
};

static struct line split(struct arena *mem, struct slice text)
{
    char *at = arena_strndup(mem, (const char *)text.data, text.len), *rest = NULL;
    struct line line = {.count = 0};

    at[strcspn(at, "#")] = '\0';
    for (char *word = strtok_r(at, BLANK, &rest); word && line.count < WORDS_MAX;
         word = strtok_r(NULL, BLANK, &rest))
        line.words[line.count++] = word;
    return line;
}

static bool read_count(const char *word, int64_t *out, struct err *err)
{
    return slice_i64(slice_str(word), 1, CA_LIMIT_COUNT_MAX, out) ||
           err_set(err, ERR_CONFIG, "\"%s\" is not a number from 1 to %d", word,
                   CA_LIMIT_COUNT_MAX);
}

/* An empty bucket must be full again within a time that can be counted. */
static bool check_fill(const struct ca_limit *limit, struct err *err)
{
    return limit->burst <= CA_LIMIT_FILL_MAX / limit->period_s * limit->count ||
           err_set(err, ERR_CONFIG, "%lld each %lld s take over 100 years for a burst of %lld",
                   (long long)limit->count, (long long)limit->period_s, (long long)limit->burst);
}

static bool read_limit(const struct line *line, struct ca_limit *out, struct err *err)
{
    struct ca_limit limit = {0};

    if (line->count == 2 && strcmp(line->words[1], "off") == 0) {
        *out = limit;
        return true;
    }
    if (line->count < 3 || line->count > 4)
        return err_set(err, ERR_CONFIG, "neither \"NAME COUNT PERIOD [BURST]\" nor \"NAME off\"");
    if (!read_count(line->words[1], &limit.count, err) ||
        !period_parse(line->words[2], CA_LIMIT_PERIOD_MAX, &limit.period_s, err))
        return false;
    limit.burst = limit.count;
    if ((line->count == 4 && !read_count(line->words[3], &limit.burst, err)) ||
        !check_fill(&limit, err))
        return false;
    *out = limit;
    return true;
}

static bool read_line(const struct line *line, struct ca_limits *limits, struct err *err)
{
    enum ca_limit_id id;

    if (line->count == 0)
        return true;
    if (line->count == 2 && strcmp(line->words[0], "all") == 0 &&
        strcmp(line->words[1], "off") == 0) {
        *limits = ca_limits_none;
        return true;
    }
    if (!ca_limit_parse(line->words[0], &id))
        return err_set(err, ERR_CONFIG, "there is no limit \"%s\"", line->words[0]);
    return read_limit(line, &limits->items[id], err);
}

bool ca_limits_read(struct arena *mem, struct slice text, struct ca_limits *out, struct err *err)
{
    struct ca_limits limits = ca_limits_letsencrypt;
    size_t number = 0;

    while (text.len > 0) {
        const unsigned char *end = memchr(text.data, '\n', text.len);
        size_t len = end ? (size_t)(end - text.data) : text.len;
        struct line line = split(mem, slice_of(text.data, len));

        number++;
        if (!read_line(&line, &limits, err))
            return err_wrap(err, "line %zu", number);
        text = slice_of(text.data + len + (end != NULL), text.len - len - (end != NULL));
    }
    *out = limits;
    return true;
}

bool ca_limits_load(const char *choice, struct ca_limits *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct slice text;

    if (strcmp(choice, "none") == 0 || strcmp(choice, "letsencrypt") == 0) {
        *out = *choice == 'n' ? ca_limits_none : ca_limits_letsencrypt;
        return true;
    }
    if (!ca_state_read(mem, choice, CA_LIMIT_FILE_MAX, &text, err))
        return false;
    if (!text.data)
        return err_set(err, ERR_CONFIG, "there is no file %s with limits", choice);
    return ca_limits_read(mem, text, out, err) || err_wrap(err, "%s", choice);
}
