/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/tlsalpn01.h"

#include "ca/alpn_certificate.h"
#include "ca/failure.h"
#include "ca/handshake.h"
#include "ca/host.h"

#define METHOD "tls-alpn-01"

struct attempt {
    struct arena *mem;
    const struct ca_validator *validator;
    const struct ca_control *control;
    struct ca_host host;
    const struct address *address; /* the last one that was tried */
    bool has_failed_by_v6;
    struct ca_handshake_result result;
};

static void shake(struct attempt *attempt, const struct address *address)
{
    const struct ca_validator *validator = attempt->validator;
    const struct ca_handshake wish = {
        .name = attempt->control->name,
        .address = *address,
        .port = validator->https_port,
        .timeout_ms = validator->timeout_ms ? validator->timeout_ms : (int64_t)CA_VALIDATION_MS,
    };
    struct ca_handshake_result *result = &attempt->result;

    attempt->address = address;
    ca_handshake(attempt->mem, &wish, result);
    if (result->leaf && !ca_alpn_certificate_is_readable(result->leaf))
        *result =
            (struct ca_handshake_result){.type = CA_PROBLEM_CONNECTION, .reason = CA_FAILURE_OTHER};
}

static bool refuse_handshake(const struct attempt *attempt, struct ca_problem *problem)
{
    char text[ADDRESS_TEXT_SIZE];

    (void)address_text(attempt->address, text);
    if (attempt->address->is_v6)
        return ca_refuse(problem, CA_PROBLEM_MALFORMED,
                         "Unable to contact \"%s\" at \"%s\", no IPv4 addresses to try as fallback",
                         attempt->control->name, text);
    return ca_refuse(problem, attempt->result.type, "%s: %s", text, attempt->result.reason);
}

/* With the address of IPv6 that was tried in vain. */
static json_t *record_of(const struct attempt *attempt)
{
    const struct address *first = attempt->host.tried[0];
    json_t *entry =
        ca_host_record(&attempt->host, attempt->validator->https_port, attempt->address);
    char text[ADDRESS_TEXT_SIZE];

    if (attempt->has_failed_by_v6)
        json_object_set_new(entry, "addressesTried", json_pack("[s]", address_text(first, text)));
    return entry;
}

static bool check_certificate(const struct attempt *attempt, struct ca_problem *problem)
{
    const struct ca_control *control = attempt->control;
    unsigned char digest[SHA256_SIZE];
    char place[ADDRESS_PLACE_SIZE];
    const char *refusal;

    if (!attempt->result.leaf)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         "No certs presented for " METHOD " challenge");
    if (!attempt->result.has_protocol)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         "Cannot negotiate ALPN protocol \"" CA_ALPN_PROTOCOL "\" for " METHOD
                         " challenge");
    hash_sha256(slice_str(control->key_authorization), digest);
    refusal =
        ca_alpn_certificate_refusal(attempt->mem, attempt->result.leaf, control->name, digest);
    return !refusal ||
           ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                     "Incorrect validation certificate for " METHOD
                     " challenge. Requested %s from %s. %s",
                     control->name,
                     address_place(attempt->address, attempt->validator->https_port, place),
                     refusal);
}

bool ca_tlsalpn01_prove(struct arena *mem, const struct ca_validator *validator,
                        const struct ca_control *control, json_t *record,
                        struct ca_problem *problem)
{
    struct attempt attempt = {.mem = mem, .validator = validator, .control = control};

    if (!ca_host_find(mem, validator, control->name, &attempt.host, problem)) {
        json_array_append_new(record, json_pack("{s:s, s:o, s:s}", "hostname", control->name,
                                                "port", json_sprintf("%u", validator->https_port),
                                                "addressUsed", ""));
        return false;
    }
    shake(&attempt, attempt.host.tried[0]);
    attempt.has_failed_by_v6 = attempt.result.reason && attempt.address->is_v6;
    if (attempt.result.reason && attempt.host.tried[1])
        shake(&attempt, attempt.host.tried[1]);
    json_array_append_new(record, record_of(&attempt));
    return attempt.result.reason ? refuse_handshake(&attempt, problem)
                                 : check_certificate(&attempt, problem);
}
