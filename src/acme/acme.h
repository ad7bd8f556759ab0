/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * acme: the one header of libacme for programs outside of this tree: all of the library, and of
 * what it stands on: arenas, errors, slices, chains, addresses. Nothing in this tree includes it.
 *
 * See libacme(3), and examples/acme-issue.c.
 */
#define BASE_BANS_NOTHING

#include "acme/account.h"
#include "acme/ari.h"
#include "acme/authorization.h"
#include "acme/certificate.h"
#include "acme/challenge.h"
#include "acme/client.h"
#include "acme/directory.h"
#include "acme/order.h"
#include "acme/problem.h"
#include "acme/resolve.h"
