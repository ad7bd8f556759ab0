/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * name_risk: when a name that a live certificate has is At risk: it does not pass any more, so that
 * the certificate could not be renewed. One look may have met a zone that is being changed, or a
 * server that was busy: it counts when a later look says so again, after a time that is longer the
 * less certain the verdict is. Pure.
 */
#include "model/dns_verdict.h"

#define NAME_RISK_SURE_MS    INT64_C(120000)   /* until what is certain to fail counts */
#define NAME_RISK_REACHED_MS INT64_C(1800000)  /* until what does not answer over HTTP does */
#define NAME_RISK_UNKNOWN_MS INT64_C(21600000) /* until what could not be told does */

struct name_risk {
    int64_t failing_at; /* it has not passed since; 0: it does */
    int64_t risk_at;    /* at risk since; 0: it is not */
};

enum name_risk_news { NAME_RISK_NO_NEWS, NAME_RISK_BEGINS, NAME_RISK_ENDS };

/* What a look at `at` with this verdict makes of it. */
enum name_risk_news name_risk_look(struct name_risk *risk, enum dns_verdict verdict, int64_t at);
/* When it is to be looked at again so that it can count; 0: it passes, or counts already. */
int64_t name_risk_again_at(const struct name_risk *risk, enum dns_verdict verdict);
