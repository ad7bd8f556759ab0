/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* certificate: what a tenant may ask about a certificate: another one in its place, by hand, and
 * its revocation. */
#include "app/app.h"
#include "model/revocation.h"
#include "store/certificate_store.h"
#include "store/issuance_store.h"

/*
 * A new certificate with a new key for a running subscription. The old one is served until every
 * edge shows the new one. ERR_NOT_FOUND. ERR_CONFLICT: the subscription has ended, the domain is
 * removed or detached, a certificate of it is being issued already. ERR_RATE_LIMITED with retry_at:
 * APP_REISSUES have begun within APP_REISSUE_SPAN_MS (R47); those that failed do not count.
 */
#define APP_REISSUES        2
#define APP_REISSUE_SPAN_MS INT64_C(604800000) /* a week */
MUST_CHECK bool app_subscription_reissue(const struct app *app, const struct caller *caller,
                                         struct arena *mem, const char *subscription_id,
                                         const struct issuance **out, struct err *err);

struct revocation_input {
    const char *certificate_id;
    enum revocation_reason reason;
    bool is_left_unsecured; /* the domain shall be left without a certificate */
};

/*
 * Has a certificate revoked by its CA. A live one is replaced first, by a certificate with a new
 * key, and revoked once that one is live: visitors notice nothing. Where nothing live would remain
 * (cessation of operation, a subscription that has ended) it must be said that this is wanted: then
 * it is taken off the edges and revoked at once, and what is on its way to take its place is
 * cancelled. One that is revoked, or is being revoked, already
 * comes back as it is.
 *
 * ERR_NOT_FOUND. ERR_CONFLICT: it has expired; it is on its way to the edges; field
 * "leave_unsecured": nothing live would remain.
 */
MUST_CHECK bool app_certificate_revoke(const struct app *app, const struct caller *caller,
                                       struct arena *mem, const struct revocation_input *in,
                                       const struct certificate **out, struct err *err);
