/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * commit_watch: wakes waiting requests when something they wait for was committed, by this process
 * or another. One thread looks at the store's change counter, and then at what has moved; requests
 * wait on keys, so that a commit costs nothing to those whom it does not concern.
 */
#include "db/db.h"
#include "http/server.h"

struct commit_watch;

#define COMMIT_WATCH_EVENTS "events" /* woken by any new event of a timeline */
/* Woken while a signed question waits for an answer (store/vantage_question_store.h). */
#define COMMIT_WATCH_QUESTIONS "questions"
#define COMMIT_GROUPS_MAX      64
#define COMMIT_GROUP_MAX       63 /* octets of a group's name */

MUST_CHECK bool commit_watch_new(struct db *db, struct commit_watch **out, struct err *err);
/* Wakes the requests of `server` from now on, and until commit_watch_stop(), which comes before
 * http_server_stop(); commit_watch_free() comes after it. */
MUST_CHECK bool commit_watch_start(struct commit_watch *watch, struct http_server *server,
                                   struct err *err);
void commit_watch_stop(struct commit_watch *watch);
void commit_watch_free(struct commit_watch *watch); /* NULL is fine, as above */

/* The key that is woken by a new event of this domain. */
const char *commit_watch_domain(struct arena *mem, const char *domain_id);

/* That one is about to wait on COMMIT_WATCH_QUESTIONS: from then on it is looked for. */
void commit_watch_for_questions(struct commit_watch *watch);

/* The key that is woken when the feed of `group` has moved; follows that feed from now on.
 * ERR_BUSY with more than COMMIT_GROUPS_MAX groups. */
MUST_CHECK bool commit_watch_feed(struct commit_watch *watch, const char *group, const char **key,
                                  struct err *err);
