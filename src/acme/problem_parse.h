/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* problem_parse: problem documents and their place in the table of problem.c; for the files of this
 * folder and the tests of the table. */
#include <jansson.h>

#include "acme/problem.h"

/* Everything but the texts from what the table says of (type, place, status, detail, names). */
void acme_problem_classify(struct acme_problem *problem, enum acme_problem_place place);

/* A problem document (RFC 7807, RFC 8555 6.7.1) from its JSON object; `status` stands in for a
 * missing "status". What is missing or of the wrong type is taken as absent, never an error.
 * `origin` is that of the CA's directory (see acme_url_is_allowed). */
void acme_problem_parse(struct arena *mem, const char *origin, const json_t *json, int status,
                        enum acme_problem_place place, struct acme_problem *out);

/* The err of a problem: code, retry_at and "<CA> refused <what>: <type>: <detail>". Returns false.
 */
bool acme_problem_err(const struct acme_problem *problem, const char *ca, const char *what,
                      struct err *err);

/* The table, for its tests: how many rows, what each is for ("rateLimited \"exact set of\""), and
 * which one a problem is classified by. */
size_t acme_problem_row_count(void);
const char *acme_problem_row_name(struct arena *mem, size_t row);
size_t acme_problem_row_of(const struct acme_problem *problem, enum acme_problem_place place);
