/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/slice.h"

#define OFFSET_READ_EVERY_MS 100

static struct {
    pthread_once_t once;
    const char *path; /* of the offset file, or NULL */
    char boot_id[37];
} setup = {.once = PTHREAD_ONCE_INIT};

static _Atomic int64_t offset_ms;
static _Atomic int64_t next_read_at; /* clock_boot_ms() */

static int64_t read_clock(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The start of a small file with its final white space removed; "" when it cannot be read. */
static void read_line(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);
    size_t len = got > 0 ? (size_t)got : 0;

    if (fd >= 0)
        close(fd);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
        len--;
    text[len] = '\0';
}

static void set_up(void)
{
    setup.path = getenv("LATCHKEY_CLOCK_FILE");
    read_line("/proc/sys/kernel/random/boot_id", setup.boot_id, sizeof(setup.boot_id));
}

static void refresh_offset(void)
{
    int64_t now = clock_boot_ms(), due = atomic_load(&next_read_at), value;
    char text[32];

    if (now < due ||
        !atomic_compare_exchange_strong(&next_read_at, &due, now + OFFSET_READ_EVERY_MS))
        return;
    read_line(setup.path, text, sizeof(text));
    if (slice_i64(slice_str(text), -CLOCK_OFFSET_MAX_MS, CLOCK_OFFSET_MAX_MS, &value))
        atomic_store(&offset_ms, value);
}

int64_t clock_real_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_boot_ms(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

const char *clock_offset_file(void)
{
    pthread_once(&setup.once, set_up);
    return setup.path;
}

bool clock_is_movable(void)
{
    return clock_offset_file() != NULL;
}

void clock_read_again(void)
{
    atomic_store(&next_read_at, 0);
}

int64_t clock_now(void)
{
    if (clock_is_movable())
        refresh_offset();
    return clock_real_ms() + atomic_load(&offset_ms);
}

const char *clock_boot_id(void)
{
    pthread_once(&setup.once, set_up);
    return setup.boot_id;
}

const char *clock_text(int64_t at, char text[CLOCK_TEXT_SIZE])
{
    int64_t ms = at % 1000;
    time_t s = (time_t)(at / 1000 - (ms < 0));
    struct tm tm;

    if (ms < 0)
        ms += 1000;
    if (!gmtime_r(&s, &tm) || tm.tm_year > 8099 || tm.tm_year < -1900) {
        snprintf(text, CLOCK_TEXT_SIZE, "out of range");
        return text;
    }
    snprintf(text, CLOCK_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
             (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
             (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
             (unsigned)tm.tm_sec % 100, (unsigned)ms % 1000);
    return text;
}

const char *clock_text_in(struct arena *mem, int64_t at)
{
    char text[CLOCK_TEXT_SIZE];

    return arena_strdup(mem, clock_text(at, text));
}

static bool take_number(struct slice *s, size_t digits, int64_t max, int64_t *out)
{
    struct slice part;

    return slice_take(s, digits, &part) && part.data[0] != '-' && slice_i64(part, 0, max, out);
}

static bool take_char(struct slice *s, const char *any_of, char *out)
{
    struct slice part;

    if (!slice_take(s, 1, &part) || !strchr(any_of, part.data[0]) || part.data[0] == '\0')
        return false;
    *out = (char)part.data[0];
    return true;
}

static bool take_fraction(struct slice *s, int64_t *ms)
{
    int64_t scale = 100;

    *ms = 0;
    if (s->len == 0 || s->data[0] != '.')
        return true;
    *s = slice_of(s->data + 1, s->len - 1);
    if (s->len == 0 || s->data[0] < '0' || s->data[0] > '9')
        return false;
    while (s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9') {
        *ms += (s->data[0] - '0') * scale;
        scale /= 10;
        *s = slice_of(s->data + 1, s->len - 1);
    }
    return true;
}

static bool take_zone(struct slice *s, int64_t *minutes)
{
    int64_t hour, minute;
    char sign, colon;

    if (!take_char(s, "Zz+-", &sign))
        return false;
    *minutes = 0;
    if (sign == 'Z' || sign == 'z')
        return true;
    if (!take_number(s, 2, 23, &hour) || !take_char(s, ":", &colon) ||
        !take_number(s, 2, 59, &minute))
        return false;
    *minutes = (sign == '-' ? -1 : 1) * (hour * 60 + minute);
    return true;
}

bool clock_parse(const char *text, int64_t *out, struct err *err)
{
    struct slice s = slice_str(text);
    int64_t year, month, day, hour, minute, second, ms, zone;
    struct tm tm, back;
    time_t at;
    char c;

    if (!take_number(&s, 4, 9999, &year) || !take_char(&s, "-", &c) ||
        !take_number(&s, 2, 12, &month) || !take_char(&s, "-", &c) ||
        !take_number(&s, 2, 31, &day) || !take_char(&s, "Tt ", &c) ||
        !take_number(&s, 2, 23, &hour) || !take_char(&s, ":", &c) ||
        !take_number(&s, 2, 59, &minute) || !take_char(&s, ":", &c) ||
        !take_number(&s, 2, 60, &second) || !take_fraction(&s, &ms) || !take_zone(&s, &zone) ||
        s.len > 0)
        return err_set(err, ERR_BAD_INPUT, "\"%.40s\" is not an RFC 3339 time", text);
    tm = (struct tm){.tm_year = (int)year - 1900,
                     .tm_mon = (int)month - 1,
                     .tm_mday = (int)day,
                     .tm_hour = (int)hour,
                     .tm_min = (int)minute,
                     .tm_sec = (int)second};
    back = tm;
    at = timegm(&back);
    if (back.tm_mon != tm.tm_mon && second < 60)
        return err_set(err, ERR_BAD_INPUT, "\"%.40s\" is a day that does not exist", text);
    *out = ((int64_t)at - zone * 60) * 1000 + ms;
    return true;
}
