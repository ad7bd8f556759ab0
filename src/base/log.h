/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * log: one line per event on stderr: an event name and typed key/values, in logfmt or JSON.
 *
 *     LOG(INFO, "order.issued", KS("order", id), KI("days", n));
 *
 * Only `bin`, the end of a request and the job runner log; everything below returns `err`. Values
 * are escaped here and nowhere else; a value over LOG_VALUE_MAX octets is cut and marked. Times are
 * real (clock_real_ms). A `struct secret` (base/secret.h) has no formatter, so it cannot get here.
 */
#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

#define LOG_VALUE_MAX 1024
#define LOG_LINE_MAX  8192

struct log_field {
    enum { LOG_TEXT, LOG_NUMBER } kind;
    const char *key;
    const char *text; /* NULL prints as an empty value */
    int64_t number;
};

#define KS(k, v) ((struct log_field){.kind = LOG_TEXT, .key = (k), .text = (v)})
#define KI(k, v) ((struct log_field){.kind = LOG_NUMBER, .key = (k), .number = (int64_t)(v)})
#define KERR(e)  KS("error", err_name((e)->code)), KS("reason", (e)->text)

#define LOG(level, event, ...)                                                                     \
    log_write(LOG_##level, event, (const struct log_field[]){__VA_ARGS__},                         \
              sizeof((struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

struct log_entry {
    enum log_level level;
    int64_t at; /* unix milliseconds */
    const char *event;
    const struct log_field *fields;
    size_t count;
};

/* Below `at_least` nothing is written. */
void log_set_up(enum log_level at_least, enum log_format format);
void log_write(enum log_level level, const char *event, const struct log_field *fields,
               size_t count);
/* The line alone, without level filter; for tests. Returns its length. */
size_t log_line(char line[LOG_LINE_MAX], enum log_format format, const struct log_entry *entry);
