/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One dynamic update as the worker makes it, with a key of the command line.
 *
 * usage: dns_update add|delete SERVER[,SERVER...] ZONE NAME VALUE KEY ALGORITHM SECRET-HEX
 * [SECONDS]
 *
 * SECONDS: how far the clock is off. Prints what came of it.
 */
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "dns/update.h"

#define SERVERS_MAX 8

struct secret_key {
    enum tsig_algorithm algorithm;
    struct slice octets;
};

static bool mac(void *arg, struct arena *mem, struct slice data, struct slice *out, struct err *err)
{
    const struct secret_key *key = arg;
    unsigned char *octets = arena_alloc(mem, SHA512_SIZE);

    (void)err;
    if (key->algorithm == TSIG_SHA512)
        hash_hmac_sha512(key->octets, data, octets);
    else
        hash_hmac_sha256(key->octets, data, octets);
    *out = slice_of(octets, tsig_mac_size(key->algorithm));
    return true;
}

static size_t split(char *list, const char **out)
{
    size_t count = 0;

    for (char *rest = list, *one; count < SERVERS_MAX && (one = strsep(&rest, ",")) != NULL;)
        out[count++] = one;
    return count;
}

static int update(struct arena *mem, char **words, int64_t off_s)
{
    const char *servers[SERVERS_MAX];
    const struct dns_update what = {.op = strcmp(words[0], "add") == 0 ? DNS_UPDATE_ADD
                                                                       : DNS_UPDATE_DELETE,
                                    .zone = words[2],
                                    .name = words[3],
                                    .value = words[4],
                                    .ttl_s = 1};
    struct secret_key secret = {.algorithm = strcmp(words[6], "hmac-sha512") == 0 ? TSIG_SHA512
                                                                                  : TSIG_SHA256};
    const struct tsig_key key = {words[5], secret.algorithm, mac, &secret};
    const struct dns_update_via via = {.servers = servers,
                                       .server_count = split(words[1], servers),
                                       .key = &key,
                                       .now_s = clock_real_ms() / 1000 + off_s};
    struct err err = {0};

    if (!hex_decode(mem, words[7], &secret.octets, &err) ||
        !dns_update_send(mem, &via, &what, &err)) {
        printf("%s: %s\n", err_name(err.code), err.text);
        return 1;
    }
    puts("done");
    return 0;
}

int main(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    if (argc < 9)
        return 64;
    return update(mem, argv + 1, argc > 9 ? strtol(argv[9], NULL, 10) : 0);
}
