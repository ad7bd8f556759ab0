/* SPDX-License-Identifier: Apache-2.0 */

/* Certificates, fetched with one chain or another, or alone (RFC 8555 section 7.4.2). */
#include "ca/call.h"
#include "ca/certificate_store.h"

#define PEM_CHAIN "application/pem-certificate-chain"
#define DER_TYPE  "application/pkix-cert"

#define CHAINS_MAX 2

/* What may follow a leaf; the first is what is given when nobody asks for another. */
struct chains {
    const char *pem[CHAINS_MAX];
    size_t count;
};

static bool find_chains(const struct ca_call *call, const struct ca_issued *issued,
                        struct chains *out, struct err *err)
{
    struct ca_issuer issuer;

    if (!ca_issuer_get(call->mem, call->ca->db, issued->issuer_id, &issuer, err))
        return false;
    *out = (struct chains){.pem = {issuer.chain_pem, issuer.alternate_pem},
                           .count = issuer.alternate_pem ? 2 : 1};
    return true;
}

static bool find_certificate(const struct ca_call *call, const struct ca_issued **out,
                             struct ca_problem *problem)
{
    struct err err;

    if (!ca_issued_get(call->mem, call->ca->db, http_param(call->req, "serial"), out, &err))
        return ca_fail(problem, &err, "Failed to retrieve certificate");
    if (!*out)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "Certificate not found");
    if ((*out)->account_id != call->account->id)
        return ca_refuse(problem, CA_PROBLEM_UNAUTHORIZED,
                         "Account in use did not issue specified certificate");
    return true;
}

/* The chains that were not asked for. */
static void link_alternates(const struct ca_call *call, const struct ca_issued *issued,
                            const struct chains *chains, size_t chosen)
{
    for (size_t i = 0; i < chains->count; i++) {
        const char *url = ca_url(call->mem, call->ca, "/acme/cert/%s/%zu", issued->serial, i);

        if (i != chosen)
            http_res_header(call->res, "Link",
                            arena_printf(call->mem, "<%s>;rel=\"alternate\"", url));
    }
}

/* A single certificate says where its issuer's is, since no chain does. */
static bool reply_alone(const struct ca_call *call, const struct ca_issued *issued)
{
    const char *issuer = ca_issuer_url(call->mem, call->ca, issued->issuer_id);

    http_res_header(call->res, "Link", arena_printf(call->mem, "<%s>;rel=\"up\"", issuer));
    return http_reply_bytes(call->res, 200, DER_TYPE, issued->der);
}

static bool reply_chain(const struct ca_call *call, const struct ca_issued *issued,
                        const char *rest, struct ca_problem *problem)
{
    const char *leaf;
    struct err err;

    if (!ca_der_pem(call->mem, issued->der, &leaf, &err))
        return ca_fail(problem, &err, "Failed to retrieve certificate");
    return http_reply_bytes(call->res, 200, PEM_CHAIN,
                            slice_str(arena_printf(call->mem, "%s%s", leaf, rest)));
}

static bool reply_certificate(const struct ca_call *call, size_t chosen, struct ca_problem *problem)
{
    const char *accept = http_req_header(call->req, "Accept");
    const struct ca_issued *issued;
    struct chains chains;
    struct err err;

    if (!find_certificate(call, &issued, problem))
        return false;
    if (!find_chains(call, issued, &chains, &err))
        return ca_fail(problem, &err, "Failed to retrieve certificate");
    if (chosen >= chains.count)
        return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "Unknown issuance chain");
    link_alternates(call, issued, &chains, chosen);
    if (accept && strcmp(accept, DER_TYPE) == 0)
        return reply_alone(call, issued);
    return reply_chain(call, issued, chains.pem[chosen], problem);
}

bool ca_get_certificate(struct ca_call *call, struct ca_problem *problem)
{
    return reply_certificate(call, 0, problem);
}

bool ca_get_certificate_chain(struct ca_call *call, struct ca_problem *problem)
{
    int64_t chosen;

    if (!slice_i64(slice_str(http_param(call->req, "chain")), 0, INT64_MAX, &chosen))
        return ca_refuse(problem, CA_PROBLEM_MALFORMED, "Chain ID must be a non-negative integer");
    return reply_certificate(call, (size_t)chosen, problem);
}

bool ca_get_issuer(struct ca_call *call, struct ca_problem *problem)
{
    struct ca_issuer issuer;
    struct slice der;
    struct err err;
    X509 *cert;

    if (!ca_issuer_get(call->mem, call->ca->db, http_param(call->req, "issuer"), &issuer, &err))
        return err.code == ERR_NOT_FOUND
                   ? ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "Certificate not found")
                   : ca_fail(problem, &err, "Failed to retrieve certificate");
    if (!ca_pem_read(call->mem, issuer.chain_pem, &cert, &err) ||
        !ca_certificate_der(call->mem, cert, &der, &err))
        return ca_fail(problem, &err, "Failed to retrieve certificate");
    return http_reply_bytes(call->res, 200, DER_TYPE, der);
}
