/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/ari.h"

#include <assert.h>
#include <string.h>

#include "acme/directory.h"
#include "acme/exchange.h"
#include "acme/parse.h"
#include "acme/problem.h"
#include "acme/reader.h"
#include "acme/text.h"
#include "base/clock.h"
#include "base/hash.h"
#include "tls/chain.h"

#define SECOND_MS INT64_C(1000)

/* The certificate's id ----------------------------------------------------------------------- */

bool acme_certificate_id(struct arena *mem, struct slice leaf_der, const char **out,
                         struct err *err)
{
    struct slice key, serial;
    const char *id;

    if (!chain_id_parts(leaf_der, &key, &serial, err))
        return err_set(err, ERR_BAD_CERT, "the leaf is no certificate");
    if (key.len == 0)
        return err_set(err, ERR_BAD_CERT, "the leaf has no authority key identifier");
    id = arena_printf(mem, "%s.%s", base64url_encode(mem, key), base64url_encode(mem, serial));
    if (strlen(id) > ACME_CERTIFICATE_ID_MAX)
        return err_set(err, ERR_BAD_CERT,
                       "the leaf's authority key identifier and serial number make an id of more "
                       "than %d octets",
                       ACME_CERTIFICATE_ID_MAX);
    *out = id;
    return true;
}

/* Its window --------------------------------------------------------------------------------- */

bool acme_parse_renewal_info(struct arena *mem, const char *origin, struct slice body,
                             struct acme_renewal_info **out, struct err *err)
{
    static const char *const ends[] = {"start", "end"};
    struct acme_reader reader = {mem, origin, "renewalInfo", err, false};
    struct acme_renewal_info *info = arena_new_of(mem, struct acme_renewal_info);
    const json_t *json = acme_read_object(&reader, body);
    const json_t *window = json_object_get(json, "suggestedWindow");
    const char *page = json_string_value(json_object_get(json, "explanationURL"));

    if (!json_is_object(window))
        acme_read_fail(&reader, "\"suggestedWindow\" is not an object");
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (json_is_object(window) && !json_object_get(window, ends[i]))
            acme_read_fail(&reader, "\"%s\" is missing", ends[i]);
    info->start_at = acme_read_time(&reader, window, "start");
    info->end_at = acme_read_time(&reader, window, "end");
    if (info->end_at <= info->start_at)
        acme_read_fail(&reader, "\"suggestedWindow\" does not end after its start");
    if (info->end_at - info->start_at > ACME_ARI_WINDOW_MAX_S * SECOND_MS)
        acme_read_fail(&reader, "\"suggestedWindow\" is longer than %lld days",
                       (long long)ACME_ARI_WINDOW_MAX_S / 86400);
    if (page && acme_url_is_allowed(page, origin))
        info->explanation_url = arena_strdup(mem, page);
    if (reader.is_failed)
        return false;
    *out = info;
    return true;
}

/* `retry_at` as the CA said it, 0 = nothing. */
static int64_t clamp(int64_t retry_at, int64_t now)
{
    int64_t first = now + ACME_ARI_WAIT_MIN_S * SECOND_MS;
    int64_t last = now + ACME_ARI_WAIT_MAX_S * SECOND_MS;

    if (retry_at == 0)
        return now + ACME_ARI_WAIT_S * SECOND_MS;
    return retry_at < first ? first : retry_at > last ? last : retry_at;
}

bool acme_renewal_info_get(struct arena *mem, const struct acme_call *call,
                           const char *certificate_id, struct acme_renewal_info **out,
                           struct err *err)
{
    static const char what[] = "renewalInfo";
    struct acme_directory *directory;
    struct acme_answer answer;
    const char *url;

    assert(call->problem);
    if (!acme_directory(mem, call, &directory, err))
        return false;
    if (!directory->renewal_info) {
        *out = NULL;
        return true;
    }
    url = arena_printf(mem, "%s/%s", directory->renewal_info, certificate_id);
    if (!acme_exchange_get(mem, call, what, url, &answer, err))
        return false;
    if (!acme_parse_renewal_info(mem, acme_client_origin(call->client), answer.response.body, out,
                                 err))
        return acme_exchange_bad(call, what, err);
    (*out)->retry_at = clamp(answer.retry_at, clock_now());
    return true;
}

/* Failures ----------------------------------------------------------------------------------- */

static bool is_temporary(const struct acme_problem *problem)
{
    if (problem->status != 0)
        return problem->status >= 500 && problem->status <= 599;
    return problem->code == ERR_TIMEOUT;
}

int64_t acme_renewal_info_retry_at(const struct acme_problem *problem, int failures, int64_t now)
{
    int64_t wait_ms = ACME_ARI_WAIT_S * SECOND_MS, said = problem->retry_at;

    assert(failures >= 1);
    if (is_temporary(problem) && failures < ACME_ARI_TRIES)
        wait_ms = ACME_ARI_WAIT_MIN_S * SECOND_MS << (failures - 1);
    if (said > now + wait_ms)
        return clamp(said, now);
    return now + wait_ms;
}
