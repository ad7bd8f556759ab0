/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * publish: what the edges hold of one domain follows the store: its hosts and their certificate
 * (job/hosts.h), and the records that are withdrawn (store/edge_withdrawal_store.h).
 */
#include "job/worker.h"

/*
 * Stores the records in a transaction in which the domain is looked at once more: whoever changes
 * it while they are made is never overwritten by what was so before. A host record is withdrawn
 * only while no other domain holds its name. *head is the feed's head after it. A domain that does
 * not exist changes nothing.
 */
MUST_CHECK bool publish_domain(const struct worker *worker, struct arena *mem,
                               const char *domain_id, struct feed_head *head, struct err *err);
