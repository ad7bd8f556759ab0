/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/validator.h"

#include "ca/dns01.h"
#include "ca/http01.h"
#include "ca/jwk.h"
#include "ca/tlsalpn01.h"

static ca_prove *const proves[CA_CHALLENGE_COUNT] = {
    [CA_CHALLENGE_HTTP_01] = ca_http01_prove,
    [CA_CHALLENGE_DNS_01] = ca_dns01_prove,
    [CA_CHALLENGE_TLS_ALPN_01] = ca_tlsalpn01_prove,
};

bool ca_validate(struct arena *mem, const struct ca_validator *validator,
                 const struct ca_control *control, const char **record, struct ca_problem *problem)
{
    json_t *list = ca_json_keep(mem, json_array());
    bool is_shown = proves[control->type](mem, validator, control, list, problem);
    char *text = json_dumps(list, JSON_COMPACT);

    *record = arena_strdup(mem, text);
    free(text);
    return is_shown;
}
