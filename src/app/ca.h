/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ca: the certificate authorities as people see them: those of the configuration, and those that it
 * has no more but certificates in use are of. Such a certificate is renewed by the default CA when
 * its time has come, unless its own is configured again before.
 */
#include "app/app.h"
#include "store/ca_standing_store.h"
#include "store/issued_store.h"
#include "store/notice_store.h"

#define APP_CA_NAMED_MAX 50 /* certificates that are named of a CA that is gone */

struct ca_view {
    const char *id;
    const struct config_ca *config; /* NULL: it is not configured any more */
    struct ca_standing standing;
    const struct notice *notices[NOTICE_COUNT]; /* NULL: none of this kind */
    int64_t live_count;                         /* certificates of it that are live */
    struct certificate_of_ca_list named;        /* of a CA that is gone: those that end first */
};

struct ca_view_list {
    const struct ca_view *items;
    size_t count;
};

/* The configured ones in their order, then those that are gone. For the operator: of all tenants.
 */
MUST_CHECK bool app_ca_list(const struct app *app, struct arena *mem, struct ca_view_list *out,
                            struct err *err);

/* Where what was issued by this CA is renewed: by itself, as long as it is configured, else by the
 * default. NULL: none is configured. */
const struct config_ca *app_ca_successor(const struct app *app, const char *id);

/* "Name has not answered since 2026-...: why" */
const char *app_ca_silence(struct arena *mem, const char *name, const struct ca_standing *standing);
/* Of a CA that is gone: how many certificates, which, and what happens next and when. */
const char *app_ca_gone_text(const struct app *app, struct arena *mem, const struct ca_view *view);
