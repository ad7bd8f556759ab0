/* SPDX-License-Identifier: Apache-2.0 */

/* The directory (RFC 8555 section 7.1.1) and new nonces (7.2). */
#include "base/hash.h"
#include "base/random.h"
#include "ca/call.h"
#include "ca/terms.h"

static const struct {
    const char *name, *path;
} entries[] = {
    {"newNonce", "/acme/new-nonce"},   {"newAccount", "/acme/new-acct"},
    {"newOrder", "/acme/new-order"},   {"revokeCert", "/acme/revoke-cert"},
    {"keyChange", "/acme/key-change"}, {"renewalInfo", CA_RENEWAL_INFO_PATH},
};

static const char random_entry_help[] =
    "https://community.letsencrypt.org/t/adding-random-entries-to-the-directory/33417";

/* A member of a random name, as Let's Encrypt has one, so that clients do not count on the set. */
static const char *random_name(struct arena *mem)
{
    unsigned char octets[8];

    random_bytes(octets, sizeof(octets));
    return base64url_encode(mem, slice_of(octets, sizeof(octets)));
}

static json_t *profiles_json(const struct ca_profiles *profiles)
{
    json_t *json = json_object();

    for (size_t i = 0; i < profiles->count; i++)
        json_object_set_new(json, profiles->items[i].name,
                            json_string(profiles->items[i].description));
    return json;
}

static json_t *meta_json(const struct ca_call *call)
{
    const struct ca_options *options = &call->ca->options;
    json_t *meta = json_pack("{s:s, s:[s], s:o}", "termsOfService",
                             ca_terms_url(call->mem, call->ca), "caaIdentities",
                             options->caa_identity, "profiles", profiles_json(&call->ca->profiles));

    if (options->binding != CA_BINDING_NONE)
        json_object_set_new(meta, "externalAccountRequired",
                            json_boolean(options->binding == CA_BINDING_REQUIRED));
    return meta;
}

bool ca_get_directory(struct ca_call *call, struct ca_problem *problem)
{
    json_t *json = json_object();

    (void)problem;
    for (size_t i = 0; i < ARRAY_LEN(entries); i++)
        json_object_set_new(json, entries[i].name,
                            json_string(ca_url(call->mem, call->ca, "%s", entries[i].path)));
    json_object_set_new(json, "meta", meta_json(call));
    json_object_set_new(json, random_name(call->mem), json_string(random_entry_help));
    return http_reply_json(call->res, 200, json);
}

bool ca_new_nonce(struct ca_call *call, struct ca_problem *problem)
{
    bool is_plain_get = call->req->method == HTTP_GET && !call->req->is_head;

    (void)problem;
    http_res_header(call->res, "Replay-Nonce", ca_nonce_new(call->mem, call->ca->nonces));
    return http_reply_empty(call->res, is_plain_get ? 204 : 200);
}
