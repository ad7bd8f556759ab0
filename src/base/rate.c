/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/period.h"
#include "base/slice.h"

#define SECOND_US INT64_C(1000000)
#define BLANK     " \t\r"

static int64_t interval_us(const struct rate *rate)
{
    assert(rate->count > 0);
    return rate->period_s * SECOND_US / rate->count;
}

static int64_t depth_us(const struct rate *rate)
{
    return interval_us(rate) * rate->burst;
}

/* Neither before now, nor emptier than empty. */
static int64_t settled(const struct rate *rate, int64_t tat_us, int64_t now_us)
{
    const int64_t empty = now_us + depth_us(rate);

    return tat_us < now_us ? now_us : tat_us > empty ? empty : tat_us;
}

int64_t rate_turn(const struct rate *rate, int64_t tat_us, int64_t now_us, int64_t ahead)
{
    const int64_t from = settled(rate, tat_us, now_us);
    const int64_t at = from + (ahead + 1) * interval_us(rate) - depth_us(rate);

    return at > now_us ? at : now_us;
}

struct rate_spending rate_spend(const struct rate *rate, int64_t tat_us, int64_t now_us)
{
    const int64_t from = settled(rate, tat_us, now_us);
    const int64_t at = rate_turn(rate, tat_us, now_us, 0);

    if (at > now_us)
        return (struct rate_spending){.tat_us = from, .retry_us = at};
    return (struct rate_spending){
        .is_allowed = true, .tat_us = from + interval_us(rate), .retry_us = now_us};
}

int64_t rate_force(const struct rate *rate, int64_t tat_us, int64_t now_us)
{
    return settled(rate, settled(rate, tat_us, now_us) + interval_us(rate), now_us);
}

int64_t rate_refund(const struct rate *rate, int64_t tat_us)
{
    return tat_us - interval_us(rate);
}

int64_t rate_empty_until(const struct rate *rate, int64_t at_us)
{
    return at_us - interval_us(rate) + depth_us(rate);
}

static bool read_count(const char *word, int64_t *out, struct err *err)
{
    return slice_i64(slice_str(word), 1, RATE_COUNT_MAX, out) ||
           err_set(err, ERR_CONFIG, "\"%s\" is not a number from 1 to %d", word, RATE_COUNT_MAX);
}

static bool check_fill(const struct rate *rate, struct err *err)
{
    return depth_us(rate) <= RATE_FILL_MAX * SECOND_US ||
           err_set(err, ERR_CONFIG, "%lld each %lld s take over 100 years for a burst of %lld",
                   (long long)rate->count, (long long)rate->period_s, (long long)rate->burst);
}

bool rate_parse(const char *text, struct rate *out, struct err *err)
{
    char copy[64], *rest = NULL;
    const char *words[4];
    struct rate rate = {0};
    size_t count = 0;

    if (strlen(text) >= sizeof(copy))
        return err_set(err, ERR_CONFIG, "\"%.20s...\" is too long for a rate", text);
    memcpy(copy, text, strlen(text) + 1);
    for (char *word = strtok_r(copy, BLANK, &rest); word && count < ARRAY_LEN(words);
         word = strtok_r(NULL, BLANK, &rest))
        words[count++] = word;
    if (count == 1 && strcmp(words[0], "off") == 0) {
        *out = rate;
        return true;
    }
    if (count < 2 || count > 3)
        return err_set(err, ERR_CONFIG, "\"%s\" is neither \"COUNT PERIOD [BURST]\" nor \"off\"",
                       text);
    if (!read_count(words[0], &rate.count, err) ||
        !period_parse(words[1], RATE_PERIOD_MAX, &rate.period_s, err))
        return false;
    rate.burst = rate.count;
    if ((count == 3 && !read_count(words[2], &rate.burst, err)) || !check_fill(&rate, err))
        return false;
    *out = rate;
    return true;
}
