/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/renewal.h"

#include "base/hash.h"
#include "tls/chain.h"

#define SECOND_MS       INT64_C(1000)
#define MINUTE_MS       (60 * SECOND_MS)
#define SHORT_LIFE_MS   (10 * INT64_C(86400) * SECOND_MS) /* Let's Encrypt: below, half of it */
#define RETRY_MAX_S     21600
#define RETRY_SHARE     20 /* of the validity */
#define FORCED_SINCE_MS (60 * MINUTE_MS)
#define FORCED_UNTIL_MS (30 * MINUTE_MS)

struct ca_window ca_renewal_window(const struct ca_issued *issued, int64_t now)
{
    int64_t life = issued->not_after + SECOND_MS - issued->created_at; /* its last second counts */
    int64_t left = life < SHORT_LIFE_MS ? life / 2 : life / 3;
    int64_t ideal = issued->not_after - left;

    if (issued->revoked_at || issued->renew_at)
        return (struct ca_window){now - FORCED_SINCE_MS, now - FORCED_UNTIL_MS};
    return (struct ca_window){ideal - life / 100, ideal + life / 100};
}

int64_t ca_renewal_retry_s(const struct ca_issued *issued)
{
    int64_t share = (issued->not_after - issued->not_before) / SECOND_MS / RETRY_SHARE;

    return share > RETRY_MAX_S ? RETRY_MAX_S : share < 1 ? 1 : share;
}

const char *ca_renewal_id(struct arena *mem, struct slice der)
{
    struct slice key, serial;
    struct err err;

    if (!chain_id_parts(der, &key, &serial, &err) || key.len == 0)
        return NULL;
    return arena_printf(mem, "%s.%s", base64url_encode(mem, key), base64url_encode(mem, serial));
}

const char *ca_renewal_serial(struct arena *mem, const char *id)
{
    const char *dot = strchr(id, '.');
    struct slice key, serial;
    struct err err;

    if (!dot || !base64url_decode(mem, arena_strndup(mem, id, (size_t)(dot - id)), &key, &err) ||
        !base64url_decode(mem, dot + 1, &serial, &err) || key.len == 0 || serial.len == 0)
        return NULL;
    if (serial.len > 1 && serial.data[0] == 0)
        serial = slice_of(serial.data + 1, serial.len - 1);
    return hex_encode(mem, serial);
}
