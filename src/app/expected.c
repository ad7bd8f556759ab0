/* SPDX-License-Identifier: Apache-2.0 */
#include "app/expected.h"

#include "app/ca.h"
#include "base/hash.h"
#include "base/random.h"
#include "store/address_store.h"
#include "store/ca_account_store.h"
#include "store/partner_store.h"
#include "store/setting_store.h"

#define CHECK_KEY_SETTING "check_key"
#define CHECK_KEY_SIZE    32

static bool parse_addresses(struct arena *mem, struct text_list texts, const struct address **out,
                            struct err *err)
{
    struct address *addresses = arena_array_of(mem, texts.count, struct address);

    for (size_t i = 0; i < texts.count; i++)
        if (!address_parse(texts.items[i], &addresses[i], err))
            return err_wrap(err, "the platform's address set");
    *out = addresses;
    return true;
}

static bool find_addresses(const struct app *app, struct arena *mem, const char *partner_id,
                           struct check_expected *out, struct err *err)
{
    const struct address_set *set;

    if (!address_store_get(mem, app->db, partner_id ? partner_id : "", &set, err))
        return false;
    if (!set)
        return err_set(err, ERR_CONFIG, "no address set: the operator must fill in edge.ipv4");
    *out = (struct check_expected){
        .ipv4_count = set->ipv4.count, .ipv6_count = set->ipv6.count, .cname = set->cname};
    return parse_addresses(mem, set->ipv4, &out->ipv4, err) &&
           parse_addresses(mem, set->ipv6, &out->ipv6, err);
}

static bool find_brand(const struct app *app, struct arena *mem, const char *partner_id,
                       const char **out, struct err *err)
{
    const struct scope all = scope_platform();
    const struct partner *partner = NULL;

    if (partner_id && !partner_store_get(mem, app->db, &all, partner_id, &partner, err))
        return false;
    *out = partner ? partner->brand : app->config->platform.brand;
    return true;
}

static const char *issuer_of(const struct config *config, const struct config_ca *ca)
{
    if (*ca->caa_identity)
        return ca->caa_identity;
    if (ca->kind == CONFIG_CA_SANDBOX)
        return config->sandbox_ca.caa_identity;
    return strstr(ca->directory, ".api.letsencrypt.org/") ? "letsencrypt.org" : NULL;
}

struct caa_wanted app_caa_of(const struct config *config, const struct config_ca *ca)
{
    static const char *const methods[] = {[CONFIG_HTTP_01] = "http-01",
                                          [CONFIG_TLS_ALPN_01] = "tls-alpn-01",
                                          [CONFIG_DNS_01] = "dns-01"};

    if (!ca)
        return (struct caa_wanted){0};
    return (struct caa_wanted){.issuer = issuer_of(config, ca), .method = methods[ca->challenge]};
}

bool app_caa_find(const struct app *app, struct arena *mem, const char *ca_id,
                  struct caa_wanted *out, struct err *err)
{
    const struct config_ca *ca = app_ca_successor(app, ca_id ? ca_id : "");
    const struct ca_account *account = NULL;

    *out = app_caa_of(app->config, ca);
    if (!out->issuer)
        return true;
    if (!ca_account_store_find(mem, app->db, ca->id, &account, err))
        return false;
    out->account = account ? account->url : NULL;
    return true;
}

bool app_own_prefixes(struct arena *mem, const struct config *config, const struct prefix **out,
                      size_t *count, struct err *err)
{
    const struct config_list *own = &config->net.own_prefixes;
    struct prefix *prefixes = arena_array_of(mem, own->count, struct prefix);

    for (size_t i = 0; i < own->count; i++)
        if (!prefix_parse(own->items[i], &prefixes[i], err))
            return err_wrap(err, "net.own_prefixes");
    *out = prefixes;
    *count = own->count;
    return true;
}

bool app_check_reach(struct arena *mem, const struct config *config, struct check_reach *out,
                     struct err *err)
{
    struct check_reach reach = {.is_offline = config_is_offline(config)};

    if (config->mode == CONFIG_SANDBOX &&
        !app_own_prefixes(mem, config, &reach.own, &reach.own_count, err))
        return false;
    *out = reach;
    return true;
}

bool app_rdap_open(const struct config *config, struct resolver *resolver,
                   const struct check_reach *reach, struct rdap **out, struct err *err)
{
    const struct rdap_options options = {.url = config->check.rdap,
                                         .services = config->check.rdap_services,
                                         .trust_file = config->tls.trust_store,
                                         .resolver = resolver,
                                         .reach = *reach};

    return rdap_new(&options, out, err);
}

bool app_expected_of(const struct app *app, struct arena *mem, const char *partner_id,
                     struct app_expected *out, struct err *err)
{
    return find_addresses(app, mem, partner_id, &out->addresses, err) &&
           find_brand(app, mem, partner_id, &out->brand, err) &&
           app_check_reach(mem, app->config, &out->reach, err) &&
           app_check_key(mem, app->db, &out->check_key, err);
}

bool app_check_key(struct arena *mem, struct db *db, struct slice *out, struct err *err)
{
    const char *text;

    *out = (struct slice){0};
    if (!setting_store_get(mem, db, CHECK_KEY_SETTING, &text, err))
        return false;
    if (!text)
        return true;
    if (!hex_decode(mem, text, out, err))
        return err_wrap(err, "the check key in the store");
    if (out->len != CHECK_KEY_SIZE)
        return err_set(err, ERR_STORE, "the check key in the store has %zu octets, not %d",
                       out->len, CHECK_KEY_SIZE);
    return true;
}

bool app_check_key_make(struct arena *mem, struct db *tx, struct slice *out, struct err *err)
{
    unsigned char octets[CHECK_KEY_SIZE];

    if (!app_check_key(mem, tx, out, err))
        return false;
    if (out->data)
        return true;
    random_bytes(octets, sizeof(octets));
    *out = slice_of(arena_memdup(mem, octets, sizeof(octets)), sizeof(octets));
    return setting_store_put(tx, CHECK_KEY_SETTING, hex_encode(mem, *out), err);
}
