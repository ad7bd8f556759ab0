/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/request_limit.h"

#include <pthread.h>

#include "base/hash.h"
#include "ca/call.h"

#define MS_US  INT64_C(1000)
#define PROBES 8

struct bucket {
    uint64_t key; /* of limit and address: two that collide share a bucket */
    int64_t tat_us;
};

struct ca_request_limits {
    pthread_mutex_t lock;
    struct bucket buckets[CA_REQUEST_BUCKETS];
};

struct ca_request_limits *ca_request_limits_new(void)
{
    struct ca_request_limits *requests = calloc(1, sizeof(*requests));

    if (!requests)
        abort();
    pthread_mutex_init(&requests->lock, NULL);
    return requests;
}

void ca_request_limits_free(struct ca_request_limits *requests)
{
    if (!requests)
        return;
    pthread_mutex_destroy(&requests->lock);
    free(requests);
}

/* Of the limit and the address. */
static uint64_t key_of(enum ca_limit_id id, const char *address)
{
    return hash_text(address) ^ (uint64_t)id;
}

/* The key's own bucket, else the one that is full first, emptied of what it was for. */
static struct bucket *bucket_of(struct ca_request_limits *requests, uint64_t key)
{
    struct bucket *least = NULL;

    for (size_t i = 0; i < PROBES; i++) {
        struct bucket *bucket = &requests->buckets[(key + i) % CA_REQUEST_BUCKETS];

        if (bucket->key == key)
            return bucket;
        if (!least || bucket->tat_us < least->tat_us)
            least = bucket;
    }
    *least = (struct bucket){.key = key};
    return least;
}

struct ca_spending ca_request_spend(struct ca_request_limits *requests, enum ca_limit_id id,
                                    const struct ca_limit *limit, const char *address,
                                    int64_t now_us)
{
    struct ca_spending spending;
    struct bucket *bucket;

    pthread_mutex_lock(&requests->lock);
    bucket = bucket_of(requests, key_of(id, address));
    spending = ca_limit_spend(limit, bucket->tat_us, now_us);
    bucket->tat_us = spending.tat_us;
    pthread_mutex_unlock(&requests->lock);
    return spending;
}

bool ca_request_admit(const struct ca_call *call, enum ca_limit_id id, struct ca_problem *problem)
{
    const struct ca_limit *limit = &call->ca->limits.items[id];
    struct ca_spending spending;

    if (limit->count == 0 || !*call->req->client)
        return true;
    spending =
        ca_request_spend(call->ca->requests, id, limit, call->req->client, call->now * MS_US);
    if (spending.is_allowed)
        return true;
    (void)ca_refuse_as(problem, 503, CA_PROBLEM_RATE_LIMITED, "Service busy; retry later.");
    problem->retry_at = (spending.retry_us + MS_US - 1) / MS_US;
    return false;
}
