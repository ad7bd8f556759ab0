/* SPDX-License-Identifier: Apache-2.0 */
#include "config/options.h"

#include <ctype.h>
#include <string.h>

#include "config/format.h"
#include "config/limits.h"

#define TEXT_MAX 1024
#define LIST_MAX 256
#define ROWS_MAX 64

/* A row of struct config: what every kind has, then what the kind adds. */
#define AT(s, k)        .section = #s, .key = #k, .offset = offsetof(struct config, s.k)
#define TEXT(d, f)      .type = OPTION_TEXT, .fallback = (d), .max = TEXT_MAX, .format = (f)
#define NEEDED(d, f)    TEXT(d, f), .min = 1
#define PATH(d)         .type = OPTION_PATH, .fallback = (d), .min = 1, .max = TEXT_MAX
#define OPT_PATH(d)     .type = OPTION_PATH, .fallback = (d), .max = TEXT_MAX
#define NUMBER(d, a, b) .type = OPTION_NUMBER, .fallback = (d), .min = (a), .max = (b)
#define PORT(d)         NUMBER(d, 1, 65535)
#define FLAG(d)         .type = OPTION_FLAG, .fallback = (d)
#define CHOICE(d, c)    .type = OPTION_CHOICE, .fallback = (d), .choices = (c)
#define TEXTS(f)        .type = OPTION_TEXTS, .max = LIST_MAX, .format = (f)
#define PATHS()         .type = OPTION_PATHS, .max = LIST_MAX

#define AT_CA(k)      .key = #k, .offset = offsetof(struct config_ca, k)
#define AT_ORIGIN(k)  .key = #k, .offset = offsetof(struct config_origin, k)
#define AT_PROFILE(k) .key = #k, .offset = offsetof(struct config_sandbox_profile, k)
#define AT_UPDATE(k)  .key = #k, .offset = offsetof(struct config_dns_update, k)
#define AT_EDGE(k)    .key = #k, .offset = offsetof(struct config_run_edge, k)
#define ROWS(t)       .type = OPTION_ROWS, .max = ROWS_MAX, .rows = &(t)

static const char *const modes[] = {
    [CONFIG_SANDBOX] = "sandbox", [CONFIG_LIVE] = "live", [CONFIG_LIVE + 1] = NULL};
static const char *const challenges[] = {[CONFIG_HTTP_01] = "http-01",
                                         [CONFIG_TLS_ALPN_01] = "tls-alpn-01",
                                         [CONFIG_DNS_01] = "dns-01",
                                         [CONFIG_DNS_01 + 1] = NULL};
static const char *const dns_ways[] = {[CONFIG_DNS_RFC2136] = "rfc2136",
                                       [CONFIG_DNS_LEGO] = "lego",
                                       [CONFIG_DNS_ACME_SH] = "acme.sh",
                                       [CONFIG_DNS_ACME_SH + 1] = NULL};
static const char *const tsig_algorithms[] = {[CONFIG_TSIG_SHA256] = "hmac-sha256",
                                              [CONFIG_TSIG_SHA512] = "hmac-sha512",
                                              [CONFIG_TSIG_SHA512 + 1] = NULL};
static const char *const ca_kinds[] = {[CONFIG_CA_PUBLIC] = "public",
                                       [CONFIG_CA_PRIVATE] = "private",
                                       [CONFIG_CA_SANDBOX] = "sandbox",
                                       [CONFIG_CA_SANDBOX + 1] = NULL};
static const char *const eab_modes[] = {[CONFIG_EAB_NONE] = "none",
                                        [CONFIG_EAB_OPTIONAL] = "optional",
                                        [CONFIG_EAB_REQUIRED] = "required",
                                        [CONFIG_EAB_REQUIRED + 1] = NULL};
static const char *const levels[] = {[LOG_DEBUG] = "debug",
                                     [LOG_INFO] = "info",
                                     [LOG_WARN] = "warn",
                                     [LOG_ERROR] = "error",
                                     [LOG_ERROR + 1] = NULL};
static const char *const log_formats[] = {
    [LOG_LOGFMT] = "logfmt", [LOG_JSON] = "json", [LOG_JSON + 1] = NULL};

/* clang-format off */
static const struct option ca_options[] = {
    {AT_CA(id), NEEDED("", format_id), .help = "What orders store; it is never changed."},
    {AT_CA(name), NEEDED("", NULL), .help = "What people read."},
    {AT_CA(kind), CHOICE("public", ca_kinds),
     .help = "private: its directory is on loopback or in net.own_prefixes. sandbox: the CA of `latchkey ca`; "
             "its certificates show as \"Test certificate\", and live mode refuses it."},
    {AT_CA(directory), NEEDED("", format_url), .help = "URL of its ACME directory."},
    {AT_CA(tls_ca_file), OPT_PATH(""), .help = "PEM that its https is verified by, and by nothing else; empty: tls.trust_store."},
    {AT_CA(roots), PATHS(), .help = "PEM files of the roots that its chains must end in; none: tls.trust_store. Read again when they change."},
    {AT_CA(contact), TEXTS(format_contact), .help = "Contacts of the account, as \"mailto:name@domain\"."},
    {AT_CA(caa_identity), TEXT("", format_name), .help = "What CAA records call it; empty: letsencrypt.org for Let's Encrypt, sandbox_ca.caa_identity for the sandbox, and of another CA's names CAA is not looked at."},
    {AT_CA(profile), TEXT("", format_id), .help = "Profile that certificates are ordered by, such as tlsserver or shortlived; empty, or one that the CA no longer offers: the CA's default."},
    {AT_CA(preferred_chain), TEXT("", NULL), .help = "Common name of the root that chains are to lead to, such as \"ISRG Root X1\", where the CA offers several; empty, or one that it does not offer: the chain that it offers first."},
    {AT_CA(challenge), CHOICE("http-01", challenges),
     .help = "How names are proven to it. tls-alpn-01 needs port 443 alone, for networks that let no plain http in; dns-01 needs dns.update and, at each name, a CNAME. Wildcards are always proven by dns-01."},
    {AT_CA(limits), TEXTS(config_limit_format),
     .help = "Its rate limits, which are kept to, so that it never refuses with 429: letsencrypt, none, or lines such as \"orders_per_account 600 3h\", the later on top of the earlier. Empty: letsencrypt for a public CA, else none."},
    {AT_CA(eab_kid), TEXT("", NULL), .help = "Key id of the external account binding, where the CA wants one."},
    {AT_CA(eab_key_file), OPT_PATH(""), .help = "File, mode 0400, with the HMAC key that belongs to it, in base64url. Only the signer reads it."},
    {AT_CA(is_default), FLAG("false"), .help = "Taken when an order names none; without a mark the first in the list is."},
};
static const struct option_table ca_table = {ca_options, ARRAY_LEN(ca_options), sizeof(struct config_ca)};

static const struct option origin_options[] = {
    {AT_ORIGIN(id), NEEDED("", format_id), .help = "What sites name."},
    {AT_ORIGIN(address), NEEDED("", format_endpoint), .help = "Where edges fetch from, as \"127.0.0.1:8090\"."},
};
static const struct option_table origin_table = {origin_options, ARRAY_LEN(origin_options), sizeof(struct config_origin)};

static const struct option profile_options[] = {
    {AT_PROFILE(name), NEEDED("", format_id), .help = "What orders name; classic, tlsserver and shortlived are there already, and then get this lifetime."},
    {AT_PROFILE(lifetime_s), NUMBER("3600", 60, 8640000), .help = "How long a certificate lives, in seconds."},
};
static const struct option_table profile_table = {profile_options, ARRAY_LEN(profile_options), sizeof(struct config_sandbox_profile)};

static const struct option update_options[] = {
    {AT_UPDATE(zone), NEEDED("", format_name), .help = "The zone: names of 128 random bits below it are what _acme-challenge names are delegated to. It is served on the internet, and by nobody else changed."},
    {AT_UPDATE(via), CHOICE("rfc2136", dns_ways),
     .help = "How records get into it: rfc2136, dynamic updates signed by TSIG; lego or acme.sh, a program that is called as those tools call theirs."},
    {AT_UPDATE(servers), TEXTS(format_resolver), .help = "rfc2136: the primaries that take updates, as \"192.0.2.1@53\", tried in order."},
    {AT_UPDATE(tsig_key), TEXT("", format_key_name), .help = "rfc2136: name of the TSIG key, as the server knows it."},
    {AT_UPDATE(tsig_algorithm), CHOICE("hmac-sha256", tsig_algorithms), .help = "rfc2136: its algorithm."},
    {AT_UPDATE(tsig_file), OPT_PATH(""), .help = "rfc2136: file, mode 0400, with its secret in base64. Only the signer reads it."},
    {AT_UPDATE(hook), OPT_PATH(""), .help = "lego: called with present or cleanup, the name and the value. acme.sh: with add or rm, the name and the value. No shell, no input, 60 seconds."},
    {AT_UPDATE(hook_env), TEXTS(format_assignment), .help = "What it finds in its environment beside PATH, HOME and LANG, as \"NAME=value\": no secrets, but where they are."},
    {AT_UPDATE(ttl_s), NUMBER("60", 1, 86400), .help = "TTL of the records, in seconds."},
    {AT_UPDATE(wait_s), NUMBER("120", 1, 3600), .help = "How long the CA is kept waiting until every name server of the zone has a record, in seconds."},
};
static const struct option_table update_table = {update_options, ARRAY_LEN(update_options), sizeof(struct config_dns_update)};

static const struct option run_edge_options[] = {
    {AT_EDGE(name), NEEDED("", format_id), .help = "Name of the edge."},
    {AT_EDGE(addresses), TEXTS(format_address), .help = "What it listens on: loopback addresses, or of net.own_prefixes."},
};
static const struct option_table run_edge_table = {run_edge_options, ARRAY_LEN(run_edge_options), sizeof(struct config_run_edge)};

static const struct option options[] = {
    {.section = "", .key = "mode", .offset = offsetof(struct config, mode), CHOICE("sandbox", modes),
     .help = "live is for real customers: it refuses the sandbox CA, a moved clock and names.extra_suffixes."},
    {.section = "", .key = "ca", .offset = offsetof(struct config, ca), .count_offset = offsetof(struct config, ca_count),
     ROWS(ca_table), .help = "The ACME CAs that certificates are ordered from."},
    {.section = "", .key = "origins", .offset = offsetof(struct config, origins), .count_offset = offsetof(struct config, origin_count),
     ROWS(origin_table), .help = "The places that sites are served from. Partners name an id, never an address."},

    {AT(platform, brand), NEEDED("platform", NULL), .help = "What people read where a partner has no brand of its own."},
    {AT(platform, neutral_label), NEEDED("site", format_id), .help = "The word in the names of challenge and delegation records."},

    {AT(net, own_prefixes), TEXTS(format_prefix), .help = "The operator's own networks, as \"10.1.0.0/16\"."},

    {AT(dns, forwarder), TEXT("", format_resolver), .help = "Resolver that every question goes to, as \"127.0.0.1@8053\"; empty: full recursion from the root."},
    {AT(dns, trust_anchor), OPT_PATH("/usr/share/dns/root.key"), .help = "DNSSEC trust anchor; empty: answers are not validated."},
    {AT(dns, timeout_ms), NUMBER("5000", 100, 60000), .help = "How long one question may take."},
    {AT(dns, port), PORT("53"), .help = "Port of the name servers that are asked directly; in live mode 53."},
    {.section = "dns", .key = "update", .offset = offsetof(struct config, dns.updates), .count_offset = offsetof(struct config, dns.update_count),
     ROWS(update_table), .help = "Zones of the platform that _acme-challenge names are delegated to, for wildcards and dns-01. New names get the first; the others stay good for those that have them."},

    {AT(names, extra_suffixes), TEXTS(format_name), .help = "Suffixes that names may have beside the public ones. Not in live mode."},
    {AT(names, reserved), TEXTS(format_name), .help = "The platform's own names: these, and all under them, cannot be ordered."},
    {AT(names, suffix_file), OPT_PATH(""), .help = "A newer public suffix list; empty: the system's."},

    {AT(store, url), NEEDED("sqlite:latchkey.db", format_store), .is_secret = true,
     .help = "\"sqlite:FILE\", relative to this file's folder, or a \"postgresql:\" connection URL."},

    {AT(web, socket), PATH("run/web.sock"), .help = "Unix socket that the API is served on, behind nginx."},
    {AT(web, pages_socket), PATH("run/pages.sock"), .help = "Unix socket that the pages are served on, behind nginx."},
    {AT(web, public_url), NEEDED("https://localhost:8444", format_site_url), .help = "Where people and programs reach it."},
    {AT(web, workers), NUMBER("8", 1, 64), .help = "Threads that serve requests."},

    {AT(partner, requests_per_min), NUMBER("12000", 0, 1000000), .help = "API requests a minute by all tokens of a partner and its accounts, where PATCH /v1/partners/ID/share gave it no other number; 0: any number."},
    {AT(partner, checks_per_min), NUMBER("60", 0, 1000000), .help = "The same of checks by name (POST /v1/checks), which look at other people's servers."},

    {AT(worker, threads), NUMBER("16", 1, 64), .help = "Jobs that are run at the same time; most of the time they wait for others."},

    {AT(signer, keys_dir), PATH("keys"), .help = "Folder of the sealing and feed keys."},
    {AT(signer, socket), PATH("run/signer.sock"), .help = "Unix socket of a signer that was not started by `latchkey run`."},

    {AT(sandbox_ca, socket), PATH("run/ca.sock"), .help = "Unix socket that the sandbox CA is served on, behind nginx."},
    {AT(sandbox_ca, dir), PATH("ca"), .help = "Folder of its keys, roots and database."},
    {AT(sandbox_ca, public_url), NEEDED("https://localhost:8445", format_site_url), .help = "Where ACME clients reach it."},
    {AT(sandbox_ca, resolver), NEEDED("127.0.0.1@8053", format_resolver), .help = "Resolver that it validates through."},
    {AT(sandbox_ca, http_port), PORT("80"), .help = "Port that it validates http-01 on."},
    {AT(sandbox_ca, https_port), PORT("443"), .help = "Port that redirects to https may lead it to."},
    {AT(sandbox_ca, retry_after_s), NUMBER("1", 0, 3600), .help = "Retry-After on orders in processing, in seconds; 0: no header."},
    {.section = "sandbox_ca", .key = "profiles", .offset = offsetof(struct config, sandbox_ca.profiles), .count_offset = offsetof(struct config, sandbox_ca.profile_count),
     ROWS(profile_table), .help = "Profiles beside those of Let's Encrypt, shaped as shortlived is."},
    {AT(sandbox_ca, caa_identity), NEEDED("sandbox-ca.example", format_name), .help = "What CAA records call it."},
    {AT(sandbox_ca, limits), NEEDED("none", NULL), .help = "Rate limits: none, letsencrypt, or a file of them (relative to this file's folder)."},
    {AT(sandbox_ca, eab), CHOICE("none", eab_modes), .help = "External account binding of its new accounts, with the keys of `latchkey ca eab`: none (not looked at), optional, required."},
    {AT(sandbox_ca, reuse_authorizations), FLAG("true"), .help = "Whether a name that an account has shown control of is validated again only when that is too old for its profile."},
    {AT(sandbox_ca, permitted), TEXTS(format_name), .help = "Suffixes that its root may certify beside test, example, invalid and localhost."},
    {AT(sandbox_ca, forbidden), TEXTS(format_name), .help = "Names that it refuses by policy, with all below them, as Let's Encrypt does those on its list."},
    {AT(sandbox_ca, validate_private), FLAG("false"), .help = "Whether it may connect to loopback and private addresses."},

    {AT(edge, name), TEXT("", format_id), .help = "Name of this edge."},
    {AT(edge, group), NEEDED("default", format_id), .help = "Its group: it receives only the group's records."},
    {AT(edge, lmdb_dir), PATH("edge/lmdb"), .help = "Folder of the records that nginx reads."},
    {AT(edge, feed_url), TEXT("", format_site_url), .help = "Where the feed is; empty: web.public_url."},
    {AT(edge, feed_ca_file), OPT_PATH(""), .help = "PEM that the feed's https is verified by, and by nothing else; empty: tls.trust_store."},
    {AT(edge, token_file), OPT_PATH(""), .help = "File with the edge's bearer token."},
    {AT(edge, vantage), FLAG("false"), .help = "Whether this edge offers itself as a vantage point: when names are checked it looks at them as well, over http, from where it is."},
    {AT(edge, vantage_dns), FLAG("false"), .help = "Whether it looks their addresses and CAA records up as well, by dns.forwarder or down from the root."},
    {AT(edge, region), TEXT("", format_id), .help = "Where this edge is, as reports of checks show it; empty: its name."},
    {AT(edge, http_port), PORT("80"), .help = "The http port as visitors see it."},
    {AT(edge, https_port), PORT("443"), .help = "The https port as visitors see it."},
    {AT(edge, ipv4), TEXTS(format_ipv4), .help = "Addresses that domains point to, unless their partner has its own."},
    {AT(edge, ipv6), TEXTS(format_ipv6), .help = "IPv6 addresses that domains point to; none: any AAAA record is a fault."},
    {AT(edge, map_max_mb), NUMBER("65536", 1, 1048576), .help = "How large the records in lmdb_dir may become."},
    {AT(edge, keep_unknown_h), NUMBER("168", 0, 8760), .help = "After the store was restored from a backup: how many hours edges go on serving what it does not know."},
    {AT(edge, cname), TEXT("", format_name), .help = "Name that subdomains may point to by CNAME."},

    {AT(tls, trust_store), PATH("/etc/ssl/certs/ca-certificates.crt"), .help = "PEM of the roots that visitors trust. Read again when it changes."},

    {AT(check, retry_min_ms), NUMBER("5000", 100, 86400000), .help = "A name that is not ready is looked at again after this, then less often."},
    {AT(check, retry_max_ms), NUMBER("43200000", 100, 86400000), .help = "The longest time between two such looks, DNS and HTTP. That its DNS has changed is seen sooner: its name servers are asked in between."},
    {AT(check, http_ms), NUMBER("10000", 100, 25000), .help = "How long an address may take to answer. Let's Encrypt waits for 10 s. All of a check have 25 s together."},
    {AT(check, rdap), TEXT("", format_url), .help = "RDAP server that is asked whether a domain is registered, held back or about to expire; empty: see rdap_services."},
    {AT(check, rdap_services), OPT_PATH(""), .help = "Without rdap: file of the RDAP server of each registry, as IANA has it (https://data.iana.org/rdap/dns.json); empty: registries are not asked."},
    {AT(check, patience_ms), NUMBER("180000", 0, 86400000), .help = "How long a certificate waits for the rest of its names once the domain itself is ready; what is not ready then joins a later one."},

    {.section = "run", .key = "edges", .offset = offsetof(struct config, run.edges), .count_offset = offsetof(struct config, run.edge_count),
     ROWS(run_edge_table), .help = "The edges that `latchkey run` starts."},
    {AT(run, front_port), PORT("8444"), .help = "Port of the API and the pages under `latchkey run`."},
    {AT(run, ca_port), PORT("8445"), .help = "Port of the sandbox CA under `latchkey run`."},
    {AT(run, ca_address), TEXT("", format_address), .help = "Address that the sandbox CA is served on beside loopback, for clients elsewhere; empty: none."},
    {AT(run, dns_port), PORT("8053"), .help = "Port of the DNS server under `latchkey run`."},
    {AT(run, origin_port), PORT("8090"), .help = "Port of the demo site under `latchkey run`."},

    {AT(log, level), CHOICE("info", levels), .is_reloadable = true, .help = "The least that is logged."},
    {AT(log, format), CHOICE("logfmt", log_formats), .is_reloadable = true, .help = "The form of a log line."},
};
/* clang-format on */
const struct option_table config_options = {options, ARRAY_LEN(options), sizeof(struct config)};

const struct option_section config_sections[] = {
    {"", "Top level."},
    {"platform", "How the platform calls itself."},
    {"net", "Networks."},
    {"dns", "Look-ups."},
    {"names", "Which names can be ordered."},
    {"store", "The database."},
    {"web", "API and pages."},
    {"partner", "What each partner may."},
    {"worker", "Jobs."},
    {"signer", "Private keys."},
    {"sandbox_ca", "The CA of `latchkey ca`."},
    {"edge", "Edges: this one, and what all have in common."},
    {"tls", "Trust."},
    {"check", "Checks of names."},
    {"run", "Everything on one machine: `latchkey run`."},
    {"log", "Logs."},
};
const size_t config_section_count = ARRAY_LEN(config_sections);

const char *option_path(struct arena *mem, const struct option *option)
{
    return *option->section ? arena_printf(mem, "%s.%s", option->section, option->key)
                            : option->key;
}

const char *option_env(struct arena *mem, const struct option *option)
{
    char *name = arena_printf(mem, "LATCHKEY_%s%s%s", option->section, *option->section ? "_" : "",
                              option->key);

    for (char *at = name; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return name;
}

const struct option *option_find(const struct option_table *table, const char *section,
                                 const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct option *option = &table->options[i];

        if (strcmp(option->key, key) == 0 &&
            strcmp(option->section ? option->section : "", section) == 0)
            return option;
    }
    return NULL;
}
