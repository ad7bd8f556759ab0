/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * reader: reading a JSON object of the CA, with a sticky error: read all members, ask once at the
 * end. The first thing that is wrong fills `err` (ERR_CA_PROTOCOL); what is read afterwards is NULL
 * or 0. Members that are not asked for are passed over (RFC 8555 section 7.1).
 */
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

struct acme_problem;

struct acme_reader {
    struct arena *mem;
    const char *origin; /* of the directory: see acme_url_is_allowed */
    const char *object; /* what is read, for the error text: "order" */
    struct err *err;
    bool is_failed;
};

/* The object in `body`, owned by the arena; NULL when it is none. Duplicate keys are refused. */
const json_t *acme_read_object(struct acme_reader *reader, struct slice body);
/* Text of 1 to `max` octets as the CA wrote it; it must be there. */
const char *acme_read_text(struct acme_reader *reader, const json_t *json, const char *key,
                           size_t max);
/* The same, or NULL when absent, null or "". */
const char *acme_read_text_if_any(struct acme_reader *reader, const json_t *json, const char *key,
                                  size_t max);
const char *acme_read_url(struct acme_reader *reader, const json_t *json, const char *key);
const char *acme_read_url_if_any(struct acme_reader *reader, const json_t *json, const char *key);
/* A list of URLs, which must be there. */
const char *const *acme_read_urls(struct acme_reader *reader, const json_t *json, const char *key,
                                  size_t max, size_t *count);
/* A list of texts in printable form, ones that are no text as ""; anything but a list has none. */
const char *const *acme_read_texts(struct acme_reader *reader, const json_t *json, const char *key,
                                   size_t max, size_t *count);
bool acme_read_flag(struct acme_reader *reader, const json_t *json, const char *key);
/* RFC 3339, as unix milliseconds; 0 when absent. */
int64_t acme_read_time(struct acme_reader *reader, const json_t *json, const char *key);
/* An array of at most `max` members that must be there; its length goes to *count. */
const json_t *acme_read_array(struct acme_reader *reader, const json_t *json, const char *key,
                              size_t max, size_t *count);
/* The place of the member's text in `names`; an unknown one is an error. */
int acme_read_word(struct acme_reader *reader, const json_t *json, const char *key,
                   const char *const names[], size_t count);
/* The member as a problem inside an object, or NULL when absent. */
const struct acme_problem *acme_read_problem(struct acme_reader *reader, const json_t *json,
                                             const char *key);
/* Marks the reading as failed: "<object>: <text>". */
void acme_read_fail(struct acme_reader *reader, const char *fmt, ...) PRINTF(2, 3);
