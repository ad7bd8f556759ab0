/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * app: what a caller may do. One function per thing that changes something, with its rules and its
 * transaction; API, pages, CLI and jobs all go through these. Reading one table needs no function
 * here: ask the store with the caller's scope.
 *
 * Nothing here does I/O besides the store: a network finding never refuses an order, it leaves the
 * issuance waiting.
 */
#include "config/config.h"
#include "db/db.h"
#include "model/location.h"
#include "model/suffix_list.h"
#include "store/scope.h"
#include "store/text_list.h"

/* What every function needs; made once at start, read-only afterwards, shared by threads. */
struct app {
    const struct config *config;
    struct db *db;
    const struct suffix_list *suffixes;
    const struct location_list *locations;
};

/* On whose behalf. */
struct caller {
    struct scope scope;
    const char *actor; /* id of the token (tok_...), or "cli" and such */
    struct text_list
        token_scopes; /* what its token is limited to; empty: nothing is kept from it */
};

/* ERR_FORBIDDEN unless the caller is the operator. `what` completes "only the operator may ...". */
MUST_CHECK bool app_need_operator(const struct caller *caller, const char *what, struct err *err);

/* Texts that people give: names of accounts, sites and the like. */
#define APP_TEXT_MAX 200 /* octets of UTF-8 */
/* ERR_BAD_INPUT with the field unless `text` has 1..APP_TEXT_MAX octets of UTF-8 without control
 * characters. */
MUST_CHECK bool app_check_text(const char *field, const char *text, struct err *err);
/* The same with 1..max octets. */
MUST_CHECK bool app_check_text_of(const char *field, const char *text, size_t max, struct err *err);
