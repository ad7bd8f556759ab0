/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* answer: what the status and headers of an answer of the CA say (RFC 8555 sections 6.5 to 6.7). */
#include "acme/problem.h"
#include "net/http_client.h"

bool acme_answer_is_2xx(const struct http_response *response);
/* A header's value, or "". */
struct slice acme_answer_header(const struct http_response *response, const char *name);
/* From Retry-After in either form; 0 when there is none, or none that can be read. */
int64_t acme_answer_retry_at(const struct http_response *response);
/* The targets of links of `rel` to which a request may go, at most `max`; the others are passed
 * over. Returns how many. */
size_t acme_answer_links(struct arena *mem, const char *origin,
                         const struct http_response *response, const char *rel, const char **urls,
                         size_t max);
/* The first of them, or NULL. */
const char *acme_answer_link(struct arena *mem, const char *origin,
                             const struct http_response *response, const char *rel);
/* The first to which people may be sent, or NULL. */
const char *acme_answer_page(struct arena *mem, const char *origin,
                             const struct http_response *response, const char *rel);
/* What an answer other than 2xx says. */
void acme_answer_problem(struct arena *mem, const char *origin,
                         const struct http_response *response, enum acme_problem_place place,
                         struct acme_problem *out);
