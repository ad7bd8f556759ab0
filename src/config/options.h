/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * options: the one table of everything that can be configured. The reader (load.c), the checks of
 * single values (value.c), the sample file and the man page (write.c) walk it; nothing else knows
 * the name of an option.
 */
#include "config/config.h"

enum option_type {
    OPTION_TEXT,   /* const char *; min..max octets */
    OPTION_PATH,   /* const char *, made absolute; min..max octets */
    OPTION_NUMBER, /* int64_t; min..max */
    OPTION_FLAG,   /* bool: true, false */
    OPTION_CHOICE, /* an enum: one of `choices` */
    OPTION_TEXTS,  /* struct config_list; at most max entries */
    OPTION_PATHS,  /* likewise, made absolute */
    OPTION_ROWS,   /* pointer and count; at most max rows of `rows` */
};

struct option {
    const char *section; /* "" = top level; in a row of a list: not used */
    const char *key;
    enum option_type type;
    const char *fallback; /* the default, as in the file; lists have none: empty */
    int64_t min, max;
    size_t offset;              /* of the value in its struct */
    size_t count_offset;        /* OPTION_ROWS: of the count */
    const char *const *choices; /* OPTION_CHOICE: NULL-terminated, by enum value */
    bool (*format)(const char *text, struct err *); /* of a text that is not empty; NULL = any */
    const struct option_table *rows;
    bool is_reloadable; /* taken over on SIGHUP; else at the next start */
    bool is_secret;     /* masked by `latchkey config show` */
    const char *help;   /* a sentence, without the default */
};

struct option_table {
    const struct option *options;
    size_t count;
    size_t row_size; /* of the struct that the offsets are in */
};

struct option_section {
    const char *name;
    const char *help;
};

extern const struct option_table config_options;
extern const struct option_section
    config_sections[]; /* in the order of the man page; "" is first */
extern const size_t config_section_count;

static inline bool option_is_scalar(const struct option *option)
{
    return option->type != OPTION_TEXTS && option->type != OPTION_PATHS &&
           option->type != OPTION_ROWS;
}

/* "section.key", or "key" at the top level. */
const char *option_path(struct arena *mem, const struct option *option);
/* "LATCHKEY_SECTION_KEY" */
const char *option_env(struct arena *mem, const struct option *option);
/* NULL when there is none. */
const struct option *option_find(const struct option_table *table, const char *section,
                                 const char *key);
