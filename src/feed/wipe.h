/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * wipe: a certificate's sealed key that was deleted or replaced does not stay in the edge's file.
 * LMDB copies a page to change it: the page before keeps its octets until it is used again, and the
 * new one is made in a buffer whose unused part has what was there before. So the free pages are
 * filled with zeros, then all records are stored anew, and what that has freed is filled again.
 *
 * A file of more than 20,000 records is not stored anew, and of free pages 16 MiB are filled at a
 * time: there, octets may stay in unused parts of pages until these are used.
 */
#include "feed/edge_db.h"

/* Does it when something was deleted since the last time. A page that a reader still looks at is
 * left for the next time. */
MUST_CHECK bool wipe_pages(struct edge_db *db, struct err *err);
