/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* show: what the commands print for people. */
#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"

#define CLI_COLUMNS_MAX 8

/* Rows of texts in columns that line up; `rows` has count * columns entries, NULL prints as "-". */
void cli_show_table(FILE *out, const char *const *rows, size_t count, size_t columns);

/* The status of a domain (GET /v1/domains/{id}/status): badge, order, certificate, CDN locations,
 * what happens next, and the records to set. */
void cli_show_status(FILE *out, struct arena *mem, const json_t *status);
/* Only the records to set; nothing when there are none. */
void cli_show_records(FILE *out, struct arena *mem, const json_t *records);
/* One event of the timeline: "2026-11-24 05:19:21  text". */
void cli_show_event(FILE *out, const json_t *event);

/* The edges of GET /v1/edges, and below what happens next with those that need something. */
void cli_show_edges(FILE *out, struct arena *mem, const json_t *edges);

/* As one line, for programs. */
void cli_show_json(FILE *out, const json_t *json);
