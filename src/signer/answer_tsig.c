/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "signer/answer.h"
#include "signer/protocol.h"

/* tsig: updates of the zones that names are delegated to (RFC 8945). What is signed is not looked
 * at: the server that knows the key decides what it may change. */

static const struct signer_zone *find_zone(const struct signer_server *server, const char *name)
{
    for (size_t i = 0; i < server->zone_count; i++)
        if (strcmp(server->zones[i].name, name) == 0)
            return &server->zones[i];
    return NULL;
}

bool answer_tsig(struct arena *mem, const struct signer_server *server, const json_t *request,
                 json_t *reply, struct err *err)
{
    const char *name = signer_text(request, "zone");
    const struct signer_zone *zone = find_zone(server, name);
    unsigned char mac[SHA512_SIZE];
    struct slice octets;

    if (!zone || !zone->secret)
        return err_set(err, ERR_CONFIG, "no TSIG key of zone \"%.253s\" is configured", name);
    if (!signer_octets(mem, request, "octets", &octets, err))
        return false;
    if (zone->is_sha512)
        hash_hmac_sha512(secret_view(zone->secret), octets, mac);
    else
        hash_hmac_sha256(secret_view(zone->secret), octets, mac);
    signer_put_octets(mem, reply, "mac",
                      slice_of(mac, zone->is_sha512 ? SHA512_SIZE : SHA256_SIZE));
    return true;
}
