/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * view: the things of the store as templates show them. All return new references; texts for eyes:
 * names in Unicode, instants in UTC, which the page's script puts into the reader's time zone.
 * Internal to src/web.
 */
#include "app/delegation.h"
#include "app/status.h"
#include "store/account_store.h"
#include "store/event_store.h"
#include "web/call.h"

/* A text of an error or an event for sentence.html: {"parts": [{"text", "time"}]}, where each
 * RFC 3339 instant in it is a "time" as view_time() has it. It begins as a sentence does: with a
 * capital letter, unless it begins with a name that has a dot. null for NULL and "". */
json_t *view_sentence(const char *text);
/* For time.html and time_distance.html: {"iso", "text", "exact"}, and "days_ahead" or "days_past"
 * where it is two days or more from now. null for 0. */
json_t *view_time(int64_t at);
/* {code, text, style}: style is the class that colours it; the text says it all without. */
json_t *view_badge(const struct status *status);
const char *view_badge_style(enum badge_kind kind);
/* {"owner": true}, so that a template can say who it is; null for nobody. */
json_t *view_who(enum who_acts who);
/* {name, ascii}: as people read it, and for ascii.html its A-labels where they differ, else null.
 */
json_t *view_name(struct arena *mem, const char *name);
/* The same, {id, site_id, account_id}. */
json_t *view_domain(struct arena *mem, const struct domain *domain);
json_t *view_account(const struct account *account);
/* Badge, sentence, what happens next and when, names with their findings, the records of
 * `delegations` that no finding tells, CDN locations, certificate, order, timeline of `events`:
 * what status_panel.html shows. */
json_t *view_status(struct arena *mem, const struct status *status,
                    const struct delegation_list *delegations, const struct event_list *events);
