/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * config: latchkey.yaml as an open struct. The options, their defaults, limits and help are one
 * table (config/options.h), from which the man page and the sample file are written.
 *
 * Every path is absolute after loading: a relative one is taken from the folder of the file. Texts
 * are UTF-8, never NULL, "" = not set. Spans are in the unit that the name says.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"

struct config_list {
    const char *const *items;
    size_t count;
};

enum config_mode { CONFIG_SANDBOX, CONFIG_LIVE };
/* How names are proven to a CA (RFC 8555 section 8.3, RFC 8737). */
enum config_challenge { CONFIG_HTTP_01, CONFIG_TLS_ALPN_01, CONFIG_DNS_01 };
/* How the TXT records of dns-01 get into a zone of ours: RFC 2136, or a program that is called as
 * those of lego or of acme.sh are. */
enum config_dns_via { CONFIG_DNS_RFC2136, CONFIG_DNS_LEGO, CONFIG_DNS_ACME_SH };
enum config_tsig { CONFIG_TSIG_SHA256, CONFIG_TSIG_SHA512 };
enum config_eab { CONFIG_EAB_NONE, CONFIG_EAB_OPTIONAL, CONFIG_EAB_REQUIRED };
enum config_ca_kind { CONFIG_CA_PUBLIC, CONFIG_CA_PRIVATE, CONFIG_CA_SANDBOX };

/* An ACME CA that certificates are ordered from. */
struct config_ca {
    const char *id;           /* a-z, 0-9 and '-', stored with each order */
    const char *name;         /* for people */
    enum config_ca_kind kind; /* private: its directory on loopback or in net.own_prefixes */
    const char *directory;    /* URL of the ACME directory */
    const char *tls_ca_file;  /* PEM that its https is verified by; "" = tls.trust_store */
    struct config_list
        roots; /* PEM files: what a chain from it must end in; empty = tls.trust_store */
    struct config_list contact;  /* URLs, "mailto:..." */
    const char *caa_identity;    /* what CAA records call it; "" = known, or CAA is not judged */
    const char *profile;         /* ACME profile that is ordered by; "" = the CA's default */
    const char *preferred_chain; /* common name of the root whose chain is taken; "" = the first */
    enum config_challenge challenge;
    struct config_list limits; /* see config/limits.h */
    const char *eab_kid;       /* external account binding (RFC 8555 7.3.4); "" = none */
    const char *eab_key_file;  /* base64url, as the CA gives it; read by the signer alone */
    bool is_default;           /* exactly one of the list */
};

/* A zone of ours that `_acme-challenge` names are delegated to, and how it is changed. */
struct config_dns_update {
    const char *zone;
    enum config_dns_via via;
    struct config_list servers; /* "192.0.2.1@53": primaries that take updates */
    const char *tsig_key;       /* its name */
    enum config_tsig tsig_algorithm;
    const char *tsig_file;       /* base64; read by the signer alone */
    const char *hook;            /* program; "" = none */
    struct config_list hook_env; /* "NAME=value" */
    int64_t ttl_s;
    int64_t wait_s; /* for all name servers of the zone to have a record */
};

/* A place that a site's visitors are served from; its id is all that partners ever name (R43). */
struct config_origin {
    const char *id;      /* a-z, 0-9 and '-' */
    const char *address; /* "127.0.0.1:8090" */
};

/* A profile of the sandbox CA beside Let's Encrypt's. */
struct config_sandbox_profile {
    const char *name; /* a-z, 0-9 and '-' */
    int64_t lifetime_s;
};

/* An edge that `latchkey run` starts on this machine. */
struct config_run_edge {
    const char *name;
    struct config_list addresses; /* loopback */
};

struct config {
    const char *file; /* absolute; "" when there is none and the defaults stand */
    const char *dir;  /* absolute: the folder of `file`, or the current one */
    enum config_mode mode;
    struct {
        const char *brand;         /* what people read where a partner has no brand of its own */
        const char *neutral_label; /* the word in delegation and challenge names */
    } platform;
    struct {
        struct config_list own_prefixes; /* "10.1.0.0/16": the operator's own networks */
    } net;
    struct {
        const char *forwarder;    /* "127.0.0.1@8053"; "" = full recursion from the root */
        const char *trust_anchor; /* file; "" = no DNSSEC validation */
        int64_t timeout_ms;
        int64_t port;                            /* of the name servers that are asked directly */
        const struct config_dns_update *updates; /* the first is what new names are delegated to */
        size_t update_count;
    } dns;
    struct {
        struct config_list extra_suffixes; /* never in live mode */
        struct config_list reserved;       /* the platform's own names, and all under them */
        const char *suffix_file;           /* "" = the system's public suffix list */
    } names;
    struct {
        const char *url; /* "sqlite:/abs/path" or "postgresql:..."; may hold a password */
    } store;
    struct {
        const char *socket;       /* AF_UNIX, nginx is in front */
        const char *pages_socket; /* the same, for people */
        const char *public_url;   /* "https://host[:port]", no final slash */
        int64_t workers;          /* threads */
    } web;
    struct { /* of each partner, where the operator gave it no other share; 0: any number */
        int64_t requests_per_min;
        int64_t checks_per_min;
    } partner;
    struct {
        int64_t threads;
    } worker;
    struct {
        const char *keys_dir;
        const char *socket;
    } signer;
    const struct config_ca *ca;
    size_t ca_count;
    struct {
        const char *socket;
        const char *dir;        /* ca.db, root.pem, ... */
        const char *public_url; /* "https://host[:port]", no final slash */
        const char *resolver;   /* "127.0.0.1@8053" */
        int64_t http_port;      /* where http-01 is validated */
        int64_t https_port;     /* where a redirect may lead it */
        int64_t retry_after_s;  /* on processing orders; 0 = no header */
        const struct config_sandbox_profile *profiles;
        size_t profile_count;
        const char *caa_identity;     /* a DNS name */
        const char *limits;           /* "none", "letsencrypt" or an absolute path */
        struct config_list permitted; /* DNS suffixes beyond the four reserved TLDs */
        struct config_list forbidden; /* names, and all below them */
        enum config_eab eab;
        bool reuse_authorizations;
        bool validate_private; /* whether validation may connect to loopback and private nets */
    } sandbox_ca;
    struct {
        const char *name, *group;
        const char *lmdb_dir;
        const char *feed_url; /* "https://host[:port]": the API that has /v1/edge/feed */
        const char *feed_ca_file;
        const char *token_file;        /* holds the edge's bearer token */
        bool vantage;                  /* whether it looks at names for the control plane */
        bool vantage_dns;              /* and asks its own resolver for them */
        const char *region;            /* where it is; "" = its name */
        int64_t http_port, https_port; /* as visitors see them */
        struct config_list ipv4, ipv6; /* the platform's default address set */
        const char *cname;
        int64_t map_max_mb;     /* what data.mdb may grow to */
        int64_t keep_unknown_h; /* after a restore: hosts that the store does not know */
    } edge;
    const struct config_origin *origins;
    size_t origin_count;
    struct {
        const char *trust_store; /* PEM file of the roots that visitors trust */
    } tls;
    struct {
        int64_t retry_min_ms, retry_max_ms; /* between two checks of a waiting name */
        int64_t http_ms;                    /* for an address to answer */
        const char *rdap, *rdap_services;   /* who is asked about registrations; "" = nobody */
        int64_t patience_ms; /* how long a certificate waits for names that are not ready */
    } check;
    struct {
        const struct config_run_edge *edges;
        size_t edge_count;
        int64_t front_port, ca_port, dns_port, origin_port;
        const char *ca_address; /* "" = none */
    } run;
    struct {
        enum log_level level;
        enum log_format format;
    } log;
};

/* Reads `path` (NULL: defaults and environment only), applies LATCHKEY_SECTION_KEY from the
 * environment to scalars, and checks it. ERR_CONFIG, "file:line: section.key: reason". Reads no
 * other file but those that a check names. `out` belongs to `mem`. */
MUST_CHECK bool config_load(struct arena *mem, const char *path, const struct config **out,
                            struct err *err);

/* The file that is used without --config: ./var/latchkey.yaml, else /etc/latchkey/latchkey.yaml,
 * else NULL. */
const char *config_default_path(void);

/* NULL when there is none of this id. */
const struct config_ca *config_ca_find(const struct config *cfg, const char *id);
const struct config_ca *config_ca_default(const struct config *cfg);
/* LATCHKEY_OFFLINE is set: nobody outside this machine and net.own_prefixes is asked. */
bool config_told_offline(void);
/* The same, or the mode is the sandbox. */
bool config_is_offline(const struct config *cfg);
/* An address on loopback or in net.own_prefixes. */
bool config_is_own_address(const struct config *cfg, const char *address);
const struct config_dns_update *config_dns_update_find(const struct config *cfg, const char *zone);
const struct config_origin *config_origin_find(const struct config *cfg, const char *id);
