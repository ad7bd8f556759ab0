/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * seed: gives a store what its benchmarks begin with, by the store's own functions: a partner, an
 * edge that has everything, and domains of one name each ("i-0-NUMBER.bench.example", so that
 * bench/ca/answerer.h can answer for it).
 */
#include "app/app.h"

struct seed {
    const struct app *app;
    const char *ca; /* id in the configuration */
};

/* What all domains share. The edge is in service, has no address, and acknowledges whatever it is
 * sent: see seed_edge_follows(). */
MUST_CHECK bool seed_platform(struct arena *mem, const struct seed *seed, struct err *err);
/* `count` domains from number `first` on whose names have passed every check, each with an order
 * and an issuance that is about to ask the CA, due now. */
MUST_CHECK bool seed_orders(const struct seed *seed, int64_t first, int64_t count, struct err *err);
/* `count` domains with a live certificate of `leaf` and `chain`, proven just now, to be renewed in
 * sixty days. */
struct seed_secured {
    int64_t count;
    struct slice leaf, chain; /* DER; PEM */
};
MUST_CHECK bool seed_secured(const struct seed *seed, const struct seed_secured *want,
                             struct err *err);
/* The edge asks for records and has them all. To be called every few seconds, at first after the
 * group has a feed. */
MUST_CHECK bool seed_edge_follows(struct arena *mem, struct db *db, struct err *err);
