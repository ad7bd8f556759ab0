/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/vantage_look.h"

#include "base/clock.h"
#include "check/observe_http.h"

#define RETURN_MS 200 /* of the time for an answer, what its way back may take */

/* As a resolver would have answered. */
static struct observation observation_of(struct arena *mem, const struct vantage_name *name)
{
    struct dns_record *records[] = {arena_array_of(mem, VANTAGE_ADDRESSES_MAX, struct dns_record),
                                    arena_array_of(mem, VANTAGE_ADDRESSES_MAX, struct dns_record)};
    struct observation seen = {.name = name->name};
    struct dns_answer *answers[] = {&seen.a, &seen.aaaa};

    for (size_t i = 0; i < name->probe_count; i++) {
        const struct address *address = &name->probes[i].address;
        size_t family = address->is_v6, size = address->is_v6 ? 16 : 4;

        records[family][answers[family]->record_count++].address = slice_of(address->octets, size);
    }
    seen.a.records = records[0];
    seen.aaaa.records = records[1];
    return seen;
}

static void add(const struct probe *probes, size_t count, struct vantage_name *out)
{
    for (size_t i = 0; i < count && out->probe_count < VANTAGE_ADDRESSES_MAX; i++)
        out->probes[out->probe_count++] =
            (struct vantage_probe){probes[i].address, probes[i].outcome, probes[i].status};
}

static void take(const struct vantage_view *question, const struct observation *seen,
                 struct vantage_view *out)
{
    *out = (struct vantage_view){
        .id = question->id, .until = question->until, .count = question->count};
    for (size_t i = 0; i < question->count; i++) {
        out->names[i].name = question->names[i].name;
        add(seen[i].probes, seen[i].probe_count, &out->names[i]);
        add(seen[i].strangers, seen[i].stranger_count, &out->names[i]);
    }
}

bool vantage_look(struct arena *mem, const struct vantage_place *place, struct slice check_key,
                  const struct vantage_view *question, struct vantage_view *out, struct err *err)
{
    const int64_t left = question->until - clock_real_ms() - RETURN_MS;
    const int ms = left < 1 ? 1 : left < VANTAGE_HTTP_MS ? (int)left : VANTAGE_HTTP_MS;
    const struct check_env env = {.check_key = check_key,
                                  .http_port = place->http_port,
                                  .https_port = place->https_port,
                                  .reach = place->reach,
                                  .is_path_alone = true,
                                  .http_ms = ms,
                                  .http_all_ms = ms};
    struct observation *seen = arena_array_of(mem, question->count, struct observation);
    const struct check_names names = {.count = question->count};

    for (size_t i = 0; i < question->count; i++)
        seen[i] = observation_of(mem, &question->names[i]);
    if (!observe_http(mem, &env, &names, &place->expected, seen, err))
        return false;
    take(question, seen, out);
    return true;
}
