/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * view: the things of the store as templates show them. All return new references; texts for eyes:
 * names in Unicode, instants as {"iso", "text", "exact"} in UTC. Internal to src/web.
 */
#include "app/status.h"
#include "store/account_store.h"
#include "store/event_store.h"
#include "web/call.h"

/* A text of an error or an event as a sentence begins: with a capital letter, unless it begins with
 * a name that has a dot. NULL gives null. */
json_t *view_sentence(const char *text);
/* null for 0. */
json_t *view_time(int64_t at);
/* {code, text, style}: style is the class that colours it; the text says it all without. */
json_t *view_badge(const struct status *status);
/* {id, name, site_id} and, when it was looked up, the status' badge. */
json_t *view_domain(struct arena *mem, const struct domain *domain);
json_t *view_account(const struct account *account);
/* Badge, sentence, what happens next and when, names with their findings, CDN locations,
 * certificate, order, timeline of `events`: what status_panel.html shows. */
json_t *view_status(struct arena *mem, const struct status *status,
                    const struct event_list *events);
