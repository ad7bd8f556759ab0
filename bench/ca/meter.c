/* SPDX-License-Identifier: Apache-2.0 */
#include "meter.h"

#include <stdarg.h>
#include <time.h>

#define FIRST_ROOM 1024

static const char *const step_names[METER_STEP_COUNT] = {
#define X(id, name) [METER_##id] = (name),
    METER_STEPS(X)
#undef X
};

static const char *const counter_names[METER_COUNTER_COUNT] = {
#define X(id, name) [METER_##id] = (name),
    METER_COUNTERS(X)
#undef X
};

static const struct {
    const char *name;
    double share;
} percentiles[] = {{"p50_ms", 0.5}, {"p95_ms", 0.95}, {"p99_ms", 0.99}, {"max_ms", 1}};

int64_t meter_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void add_time(struct meter_times *times, uint32_t us)
{
    if (times->count == times->room) {
        times->room = times->room ? 2 * times->room : FIRST_ROOM;
        times->us = reallocarray(times->us, times->room, sizeof(*times->us));
        if (!times->us)
            abort();
    }
    times->us[times->count++] = us;
}

void meter_took(struct meter *meter, enum meter_step step, int64_t since_us)
{
    add_time(&meter->steps[step], (uint32_t)(meter_now_us() - since_us));
}

void meter_count(struct meter *meter, enum meter_counter counter)
{
    meter->counters[counter]++;
}

void meter_fail(struct meter *meter, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (!meter->counters[METER_FAILED]++)
        vsnprintf(meter->failure, sizeof(meter->failure), fmt, ap);
    va_end(ap);
}

void meter_blame(struct meter *meter, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (!meter->counters[METER_BROKEN]++)
        vsnprintf(meter->fault, sizeof(meter->fault), fmt, ap);
    va_end(ap);
}

void meter_join(struct meter *into, struct meter *from)
{
    for (size_t i = 0; i < METER_STEP_COUNT; i++) {
        for (size_t k = 0; k < from->steps[i].count; k++)
            add_time(&into->steps[i], from->steps[i].us[k]);
    }
    for (size_t i = 0; i < METER_COUNTER_COUNT; i++)
        into->counters[i] += from->counters[i];
    if (!*into->failure)
        memcpy(into->failure, from->failure, sizeof(into->failure));
    if (!*into->fault)
        memcpy(into->fault, from->fault, sizeof(into->fault));
    meter_free(from);
}

void meter_free(struct meter *meter)
{
    for (size_t i = 0; i < METER_STEP_COUNT; i++)
        free(meter->steps[i].us);
    *meter = (struct meter){.failure = ""};
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static json_t *times_report(struct meter_times *times)
{
    json_t *report = json_pack("{s:I}", "count", (json_int_t)times->count);

    qsort(times->us, times->count, sizeof(*times->us), by_size);
    for (size_t i = 0; i < ARRAY_LEN(percentiles); i++) {
        size_t at = (size_t)(percentiles[i].share * (double)times->count);

        if (at >= times->count)
            at = times->count - 1;
        json_object_set_new(report, percentiles[i].name, json_real(times->us[at] / 1000.0));
    }
    return report;
}

json_t *meter_report(struct meter *meter)
{
    json_t *report = json_object(), *steps = json_object();

    for (size_t i = 0; i < METER_COUNTER_COUNT; i++)
        json_object_set_new(report, counter_names[i], json_integer((json_int_t)meter->counters[i]));
    for (size_t i = 0; i < METER_STEP_COUNT; i++) {
        if (meter->steps[i].count)
            json_object_set_new(steps, step_names[i], times_report(&meter->steps[i]));
    }
    json_object_set_new(report, "failure", json_string(meter->failure));
    json_object_set_new(report, "fault", json_string(meter->fault));
    json_object_set_new(report, "steps", steps);
    return report;
}
