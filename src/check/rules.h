/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * rules: what can be said of a name, for the tables of diagnose.c: one condition each, by topic
 * (rules_dns.c, rules_zone.c, ...), and, where the words and lists of remedy.c do not fit, how it
 * is told. Pure.
 */
#include "check/remedy.h"

typedef bool (*rule_is_fn)(const struct facts *f);
/* Changes the words of the finding, which are filled already. */
typedef void (*rule_tell_fn)(struct arena *mem, const struct facts *f, struct finding_words *words);

/* Fills found, expected, actions and evidence, in place of remedy_fill(). */
typedef void (*rule_fill_fn)(struct arena *mem, const struct facts *f, struct finding *out);

/* ---- rules_dns.c: what a resolver says ---- */
bool rule_is_bogus(const struct facts *f);
void rule_fill_bogus(struct arena *mem, const struct facts *f, struct finding *out);
bool rule_is_loop(const struct facts *f);
bool rule_follows_bad_name(const struct facts *f);
bool rule_is_timeout(const struct facts *f);
bool rule_is_servfail(const struct facts *f);
bool rule_is_dangling(const struct facts *f);
bool rule_is_twice(const struct facts *f); /* missing, but there with its domain behind it */
void rule_tell_twice(struct arena *mem, const struct facts *f, struct finding_words *words);
void rule_fill_twice(struct arena *mem, const struct facts *f, struct finding *out);
bool rule_is_www_missing(const struct facts *f);
bool rule_is_not_found(const struct facts *f);
bool rule_is_without_address(const struct facts *f);
bool rule_is_target_wrong(const struct facts *f);
bool rule_is_www_elsewhere(const struct facts *f);
bool rule_is_foreign_aaaa(const struct facts *f);
bool rule_has_dead(const struct facts *f);
bool rule_is_all_private(const struct facts *f);
bool rule_is_wrong(const struct facts *f);
bool rule_has_extra(const struct facts *f);
bool rule_is_seen_in_part(const struct facts *f);
bool rule_is_without_a(const struct facts *f);
bool rule_is_without_aaaa(const struct facts *f);
bool rule_is_cname_at_apex(const struct facts *f);

/* ---- rules_registration.c: what its registry says of a domain that is not in DNS ---- */
bool rule_is_not_registered(const struct facts *f);
bool rule_is_expired(const struct facts *f);
bool rule_is_on_hold(const struct facts *f);
void rule_tell_registration(struct arena *mem, const struct facts *f, struct finding_words *words);
void rule_fill_registration(struct arena *mem, const struct facts *f, struct finding *out);
/* And of one that still is; false: nothing. It keeps no order waiting. */
bool registration_finding(struct arena *mem, const struct facts *first, struct finding *out);

/* ---- rules_http.c: how our addresses answer ---- */
bool rule_is_http_refused(const struct facts *f);
bool rule_is_http_timeout(const struct facts *f);
bool rule_is_http_unreachable(const struct facts *f);
bool rule_is_http_cut(const struct facts *f);
bool rule_is_http_redirected(const struct facts *f);
bool rule_is_http_wrong_server(const struct facts *f);
bool rule_is_http_looping(const struct facts *f);
bool rule_is_http_bad_redirect(const struct facts *f);
bool rule_is_http_tls_port(const struct facts *f);
bool rule_is_http_blocked(const struct facts *f);
bool rule_is_http_ipv6_wrong(const struct facts *f); /* answers wrongly over IPv6 alone */
bool rule_is_cdn_in_front(const struct facts *f);  /* at strangers, that pass the check on to us */
bool rule_is_cdn_elsewhere(const struct facts *f); /* that do not */
bool rule_is_cdn_looping(const struct facts *f);
void rule_tell_http(struct arena *mem, const struct facts *f, struct finding_words *words);
void rule_tell_cdn(struct arena *mem, const struct facts *f, struct finding_words *words);
void rule_tell_stranger(struct arena *mem, const struct facts *f, struct finding_words *words);
bool rule_is_http_partly(const struct facts *f);

/* ---- rules_vantage.c: what is seen from elsewhere (check/vantage.h) ---- */
bool rule_is_reached_elsewhere(const struct facts *f); /* not from here, but from enough places */
bool rule_is_unreached(const struct facts *f); /* our addresses, from somewhere, though from here */
bool rule_is_shut_out(const struct facts *f);  /* likewise at strangers that pass it on to us */
bool rule_is_looked_up_otherwise(const struct facts *f); /* there than here */
void rule_tell_vantage_dns(struct arena *mem, const struct facts *f, struct finding_words *words);
void rule_fill_vantage_dns(struct arena *mem, const struct facts *f, struct finding *out);
void rule_tell_vantages(struct arena *mem, const struct facts *f, struct finding_words *words);
void rule_fill_vantages(struct arena *mem, const struct facts *f, struct finding *out);

/* ---- rules_zone.c: what the name servers say themselves ---- */
bool rule_is_unserved(const struct facts *f);    /* none of them has the zone */
bool rule_is_lagging(const struct facts *f);     /* right at some, wrong at others, that lag */
bool rule_is_disagreeing(const struct facts *f); /* the same, with one serial */
bool rule_is_old(const struct facts *f); /* right at all of them, but not yet at the resolver */
void rule_tell_unserved(struct arena *mem, const struct facts *f, struct finding_words *words);
void rule_tell_servers(struct arena *mem, const struct facts *f, struct finding_words *words);
void rule_tell_old(struct arena *mem, const struct facts *f, struct finding_words *words);

/* ---- rules_caa.c: whether CAA records let the authority issue ---- */
bool rule_caa_forbids(const struct facts *f);
bool rule_caa_forbids_wildcard(const struct facts *f);
bool rule_caa_forbids_at_target(const struct facts *f); /* of a CNAME */
bool rule_caa_is_malformed(const struct facts *f);
bool rule_caa_is_of_other_account(const struct facts *f);
bool rule_caa_is_of_other_method(const struct facts *f);
bool rule_caa_is_critical(const struct facts *f);
bool rule_caa_fails(const struct facts *f); /* its look-up, alone */
bool rule_caa_is_silent(const struct facts *f);
bool rule_caa_account_is_unknown(const struct facts *f);
void rule_tell_caa(struct arena *mem, const struct facts *f, struct finding_words *words);
void rule_fill_caa(struct arena *mem, const struct facts *f, struct finding *out);
