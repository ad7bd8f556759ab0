/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * lost: what becomes of the certificates that edges go on with because this store was restored from
 * an older copy (feed/kept.h). Their keys are on edges only, and sealed to them: another one is
 * issued in the place of each, by JOB_RENEW of the certificate that the store has.
 *
 * What an edge says comes through whoever relays it. It is believed only after a restore, of a
 * domain that has an earlier certificate, once for each epoch and once in LOST_AGAIN_MS: a liar
 * gets one certificate too many for each restore.
 */
#include "app/app.h"
#include "store/edge_report_store.h"
#include "store/lost_certificate_store.h"

/* Notes those of an edge of this group that are new here, each in a transaction of its own. */
MUST_CHECK bool app_lost_note(const struct app *app, struct arena *mem, const char *group,
                              const struct edge_kept_list *kept, struct err *err);

/* For the operator's pages: how many are to be replaced yet; *out is NULL when none is. */
MUST_CHECK bool app_lost_text(const struct app *app, struct arena *mem, const char **out,
                              struct err *err);
