/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdatomic.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

static _Atomic int minimum = LOG_INFO;
static _Atomic int line_format = LOG_LOGFMT;

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};

void log_set_up(enum log_level at_least, enum log_format format)
{
    atomic_store(&minimum, at_least);
    atomic_store(&line_format, format);
}

/* Escapes as JSON does; octets outside ASCII pass when the whole is UTF-8, else they are escaped.
 */
static void add_escaped(struct buf *b, const char *text)
{
    size_t len = strnlen(text, LOG_VALUE_MAX + 1),
           shown = len > LOG_VALUE_MAX ? LOG_VALUE_MAX : len;
    bool is_utf8 = slice_is_utf8(slice_of(text, shown));

    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\')
            buf_printf(b, "\\%c", c);
        else if (c == '\n')
            buf_str(b, "\\n");
        else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !is_utf8))
            buf_printf(b, "\\u%04x", c);
        else
            buf_u8(b, c);
    }
    if (len > shown)
        buf_str(b, "[cut]");
}

static bool is_bare(const char *text)
{
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "-_.:/@*+,[]") == strlen(text);
}

static void add_text(struct buf *b, enum log_format format, const char *text)
{
    if (format == LOG_LOGFMT && is_bare(text) && strlen(text) <= LOG_VALUE_MAX) {
        buf_str(b, text);
        return;
    }
    buf_u8(b, '"');
    add_escaped(b, text);
    buf_u8(b, '"');
}

static void add_pair(struct buf *b, enum log_format format, const struct log_field *f)
{
    if (b->len > 1)
        buf_u8(b, format == LOG_JSON ? ',' : ' ');
    if (format == LOG_JSON)
        add_text(b, format, f->key);
    else
        buf_str(b, f->key);
    buf_u8(b, format == LOG_JSON ? ':' : '=');
    if (f->kind == LOG_NUMBER)
        buf_printf(b, "%lld", (long long)f->number);
    else
        add_text(b, format, f->text ? f->text : "");
}

size_t log_line(char line[LOG_LINE_MAX], enum log_format format, const struct log_entry *entry)
{
    struct buf b = buf_fixed(line, LOG_LINE_MAX - 16); /* room to close a line that is too long */
    char time[CLOCK_TEXT_SIZE];
    struct log_field head[] = {KS("at", clock_text(entry->at, time)),
                               KS("level", level_names[entry->level]), KS("event", entry->event)};
    size_t whole = 0;

    if (format == LOG_JSON)
        buf_u8(&b, '{');
    for (size_t i = 0; i < ARRAY_LEN(head) + entry->count && buf_ok(&b); i++) {
        whole = b.len;
        add_pair(&b, format, i < ARRAY_LEN(head) ? &head[i] : &entry->fields[i - ARRAY_LEN(head)]);
    }
    if (!buf_ok(&b))
        b = (struct buf){.data = b.data, .len = whole, .room = LOG_LINE_MAX, .max = LOG_LINE_MAX};
    b.room = b.max = LOG_LINE_MAX;
    if (format == LOG_JSON)
        buf_u8(&b, '}');
    buf_u8(&b, '\n');
    return b.len;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    const struct log_entry entry = {level, clock_real_ms(), event, fields, count};
    char line[LOG_LINE_MAX];
    size_t len;

    if ((int)level < atomic_load(&minimum))
        return;
    len = log_line(line, (enum log_format)atomic_load(&line_format), &entry);
    if (write(STDERR_FILENO, line, len) < 0)
        return; /* nobody is left to be told */
}
