/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/fault.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/name_table.h"
#include "base/random.h"

static const char *const names[CA_FAULT_COUNT] = {
#define X(id, name, text) [CA_FAULT_##id] = (name),
    CA_FAULTS(X)
#undef X
};

static const char *const texts[CA_FAULT_COUNT] = {
#define X(id, name, text) [CA_FAULT_##id] = (text),
    CA_FAULTS(X)
#undef X
};

struct ca_faults {
    pthread_mutex_t lock;
    struct ca_fault items[CA_FAULT_COUNT]; /* share 0: not on */
};

const char *ca_fault_name(enum ca_fault_kind kind)
{
    return names[kind];
}

DEFINE_NAME_PARSE(ca_fault_parse, enum ca_fault_kind, names)

const char *ca_fault_text(enum ca_fault_kind kind)
{
    return texts[kind];
}

struct ca_faults *ca_faults_new(void)
{
    struct ca_faults *faults = calloc(1, sizeof(*faults));

    if (!faults)
        abort();
    pthread_mutex_init(&faults->lock, NULL);
    return faults;
}

void ca_faults_free(struct ca_faults *faults)
{
    if (!faults)
        return;
    pthread_mutex_destroy(&faults->lock);
    free(faults);
}

void ca_fault_begin(struct ca_faults *faults, enum ca_fault_kind kind, const struct ca_fault *how)
{
    pthread_mutex_lock(&faults->lock);
    faults->items[kind] = *how;
    pthread_mutex_unlock(&faults->lock);
}

void ca_fault_end_all(struct ca_faults *faults)
{
    pthread_mutex_lock(&faults->lock);
    memset(faults->items, 0, sizeof(faults->items));
    pthread_mutex_unlock(&faults->lock);
}

static bool is_on(const struct ca_fault *fault)
{
    return fault->share && (!fault->until_ms || clock_boot_ms() < fault->until_ms);
}

bool ca_fault_get(struct ca_faults *faults, enum ca_fault_kind kind, struct ca_fault *out)
{
    pthread_mutex_lock(&faults->lock);
    *out = faults->items[kind];
    pthread_mutex_unlock(&faults->lock);
    return is_on(out);
}

static bool is_chosen(int64_t share)
{
    uint32_t number;

    random_bytes(&number, sizeof(number));
    return number % 100 < share;
}

static bool hit(struct ca_fault *fault, int64_t *wait_s)
{
    if (!is_on(fault) || !is_chosen(fault->share))
        return false;
    *wait_s = fault->wait_s;
    if (fault->left && --fault->left == 0)
        fault->share = 0;
    return true;
}

bool ca_fault_hits(struct ca_faults *faults, enum ca_fault_kind kind, int64_t *wait_s)
{
    bool is_hit;

    pthread_mutex_lock(&faults->lock);
    is_hit = hit(&faults->items[kind], wait_s);
    pthread_mutex_unlock(&faults->lock);
    return is_hit;
}
