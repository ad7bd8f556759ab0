/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/retry_after.h"

#include <string.h>

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/*
 * One letter a part: D a day's name of three letters, d the rest of a long one; N day of month, n
 * the same with a space before one digit; M month; Y and y year of four and two digits; H I S the
 * time; Z the zone, always "GMT". Anything else stands for itself.
 */
static const char *const forms[] = {
    "D, N M Y H:I:S Z",  /* IMF-fixdate */
    "Dd, N-M-y H:I:S Z", /* RFC 850 */
    "D M n H:I:S Y",     /* asctime() */
};

static bool take_word(struct slice *in, const char *const words[], size_t count, int *out)
{
    struct slice word;

    if (!slice_take(in, 3, &word))
        return false;
    for (size_t i = 0; i < count; i++)
        if (slice_eq_str(word, words[i])) {
            *out = (int)i;
            return true;
        }
    return false;
}

static bool take_digits(struct slice *in, size_t count, int64_t max, int *out)
{
    struct slice part;
    int64_t value;

    if (!slice_take(in, count, &part) || part.data[0] == '-' || !slice_i64(part, 0, max, &value))
        return false;
    *out = (int)value;
    return true;
}

static void skip_letters(struct slice *in)
{
    while (in->len > 0 && in->data[0] >= 'a' && in->data[0] <= 'z')
        *in = slice_of(in->data + 1, in->len - 1);
}

static bool take_day(struct slice *in, struct tm *tm)
{
    if (in->len > 0 && in->data[0] == ' ') {
        *in = slice_of(in->data + 1, in->len - 1);
        return take_digits(in, 1, 9, &tm->tm_mday);
    }
    return take_digits(in, 2, 31, &tm->tm_mday);
}

static bool take_year(struct slice *in, size_t digits, struct tm *tm)
{
    int year;

    if (!take_digits(in, digits, 9999, &year))
        return false;
    if (digits ==
        2) /* RFC 9110 5.6.7: more than 50 years ahead means the past; enough until 2069 */
        year += year < 70 ? 2000 : 1900;
    tm->tm_year = year - 1900;
    return true;
}

static bool take_part(struct slice *in, char part, struct tm *tm)
{
    int ignored;
    struct slice same;

    switch (part) {
    case 'D':
        return take_word(in, days, ARRAY_LEN(days), &ignored);
    case 'd':
        skip_letters(in);
        return true;
    case 'N':
        return take_digits(in, 2, 31, &tm->tm_mday);
    case 'n':
        return take_day(in, tm);
    case 'M':
        return take_word(in, months, ARRAY_LEN(months), &tm->tm_mon);
    case 'Y':
        return take_year(in, 4, tm);
    case 'y':
        return take_year(in, 2, tm);
    case 'H':
        return take_digits(in, 2, 23, &tm->tm_hour);
    case 'I':
        return take_digits(in, 2, 59, &tm->tm_min);
    case 'S':
        return take_digits(in, 2, 60, &tm->tm_sec);
    case 'Z':
        return slice_take(in, 3, &same) && slice_eq_str(same, "GMT");
    default:
        return slice_take(in, 1, &same) && same.data[0] == (unsigned char)part;
    }
}

static bool parse_form(struct slice in, const char *form, int64_t *out)
{
    struct tm tm = {0};

    while (*form)
        if (!take_part(&in, *form++, &tm))
            return false;
    if (in.len > 0 || tm.tm_mday == 0)
        return false;
    *out = (int64_t)timegm(&tm) * 1000;
    return true;
}

static bool parse_date(struct slice in, int64_t *out)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        if (parse_form(in, forms[i], out))
            return true;
    return false;
}

bool acme_retry_after(struct slice value, struct slice date, int64_t now, int64_t *out)
{
    int64_t wait_ms, at, sent_at;

    if (value.len > 0 && value.data[0] != '-' && slice_i64(value, 0, INT64_MAX / 1000, &wait_ms))
        wait_ms *= 1000;
    else if (parse_date(value, &at))
        wait_ms = at - (parse_date(date, &sent_at) ? sent_at : now);
    else
        return false;
    if (wait_ms < 0)
        wait_ms = 0;
    if (wait_ms > ACME_RETRY_MAX_S * 1000)
        wait_ms = ACME_RETRY_MAX_S * 1000;
    *out = now + wait_ms;
    return true;
}
