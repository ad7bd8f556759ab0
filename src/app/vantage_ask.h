/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* vantage_ask: the vantage_asker (check/vantage.h) of whoever has the store. */
#include "app/app.h"
#include "check/vantage.h"
#include "signer/signer.h"

/* The asking of one check. Open it, give `asker` to the check, look at `err` afterwards. */
struct vantage_asking {
    struct vantage_asker asker; /* for check_env; not to be copied elsewhere */
    struct err err;             /* why nobody was asked, or nobody heard; ERR_NONE */

    /* its own */
    const struct app *app;
    struct signer *signer;
    const char *id; /* of the question; NULL: nobody was asked */
    int64_t until;  /* on clock_boot_ms() */
    struct vantage_list list;
    const char *edge_ids[VANTAGES_MAX];
};

/* `signer` NULL: the caller may not ask it. Then a job of the worker has the question signed, and
 * an answer is taken from whom its token says. */
void app_vantage_open(struct vantage_asking *asking, const struct app *app, struct signer *signer);
