/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* sign_in: how long a person who gave wrong passwords must wait, and how long a session lives.
 * Pure. */
#include "base/base.h"

#define SIGN_IN_FREE_TRIES  5                  /* wrong passwords for an address without a wait */
#define SIGN_IN_CLIENT_FREE 30                 /* the same from one network: offices share one */
#define SIGN_IN_WAIT_MAX_MS INT64_C(900000)    /* 15 minutes */
#define SIGN_IN_FORGET_MS   INT64_C(86400000)  /* a day without a try begins anew */
#define SESSION_IDLE_MS     INT64_C(43200000)  /* 12 hours without a request end it */
#define SESSION_MAX_MS      INT64_C(604800000) /* 7 days end it in any case */
#define SESSION_SEE_MS      INT64_C(60000)     /* a request is noted at most this often */
#define LOGIN_LINK_MS       INT64_C(900000)    /* a link lets one in for 15 minutes */

/* By what tries are counted. */
enum sign_in_count { SIGN_IN_OF_ADDRESS, SIGN_IN_OF_CLIENT, SIGN_IN_COUNTS };

/* After `tries` without a right password: 0 up to the free ones, then 1 s, doubled by each further
 * one, at most SIGN_IN_WAIT_MAX_MS. */
int64_t sign_in_wait_ms(enum sign_in_count what, int64_t tries);

bool session_is_over(int64_t created_at, int64_t seen_at, int64_t now);
