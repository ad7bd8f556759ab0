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

static void take(const struct observation *seen, struct vantage_view *out)
{
    for (size_t i = 0; i < out->count; i++) {
        out->names[i].probe_count = 0;
        add(seen[i].probes, seen[i].probe_count, &out->names[i]);
        add(seen[i].strangers, seen[i].stranger_count, &out->names[i]);
    }
}

/* ---- the edge's own look-ups ---- */

enum { LOOK_A, LOOK_AAAA, LOOK_CAA, LOOKS };

static bool has_probe(const struct vantage_name *name, const struct address *address)
{
    for (size_t i = 0; i < name->probe_count; i++)
        if (address_eq(&name->probes[i].address, address))
            return true;
    return false;
}

/* Those that are not in the question are asked as well, as far as there is room. */
static void add_found(const struct dns_answer *answer, struct vantage_name *out)
{
    for (size_t i = 0; i < answer->record_count && out->found_count < VANTAGE_ADDRESSES_MAX; i++) {
        struct address address = address_from_octets(answer->records[i].address);

        if (!has_probe(out, &address)) {
            if (out->probe_count == VANTAGE_ADDRESSES_MAX)
                continue;
            out->probes[out->probe_count++].address = address;
        }
        out->found[out->found_count++] = address;
    }
}

static void take_answers(const struct dns_answer *answers, struct vantage_name *out)
{
    out->is_looked_up = true;
    out->a = answers[LOOK_A].reply;
    out->aaaa = answers[LOOK_AAAA].reply;
    out->caa = answers[LOOK_CAA].reply;
    out->caa_digest = vantage_caa_digest(&answers[LOOK_CAA]);
    add_found(&answers[LOOK_A], out);
    add_found(&answers[LOOK_AAAA], out);
}

static bool look_up(struct arena *mem, struct resolver *resolver, struct vantage_view *out,
                    struct err *err)
{
    static const enum dns_type types[LOOKS] = {
        [LOOK_A] = DNS_TYPE_A, [LOOK_AAAA] = DNS_TYPE_AAAA, [LOOK_CAA] = DNS_TYPE_CAA};
    struct dns_query queries[VANTAGE_NAMES_MAX * LOOKS];
    struct dns_answer answers[VANTAGE_NAMES_MAX * LOOKS] = {0};
    const struct dns_batch batch = {
        .age = DNS_FRESH, .count = out->count * LOOKS, .queries = queries, .answers = answers};

    for (size_t i = 0; i < out->count * LOOKS; i++)
        queries[i] = (struct dns_query){out->names[i / LOOKS].name, types[i % LOOKS]};
    if (!resolver_ask(mem, resolver, &batch, err))
        return false;
    for (size_t i = 0; i < out->count; i++)
        take_answers(&answers[i * LOOKS], &out->names[i]);
    return true;
}

static int time_left_ms(const struct vantage_view *question)
{
    int64_t left = question->until - clock_real_ms() - RETURN_MS;

    return left < 1 ? 1 : left < VANTAGE_HTTP_MS ? (int)left : VANTAGE_HTTP_MS;
}

bool vantage_look(struct arena *mem, const struct vantage_place *place, struct slice check_key,
                  const struct vantage_view *question, struct vantage_view *out, struct err *err)
{
    struct check_env env = {.check_key = check_key,
                            .http_port = place->http_port,
                            .https_port = place->https_port,
                            .reach = place->reach,
                            .is_path_alone = true};
    struct observation *seen = arena_array_of(mem, question->count, struct observation);
    const struct check_names names = {.count = question->count};
    struct vantage_view view = *question;

    if (place->resolver && !look_up(mem, place->resolver, &view, err))
        return false;
    for (size_t i = 0; i < view.count; i++)
        seen[i] = observation_of(mem, &view.names[i]);
    env.http_ms = env.http_all_ms = time_left_ms(question);
    if (!observe_http(mem, &env, &names, &place->expected, seen, err))
        return false;
    take(seen, &view);
    *out = view;
    return true;
}
