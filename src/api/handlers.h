/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* handlers: one for each operation of docs/openapi.yaml; a resource is a file. */
#include "http/router.h"

http_handler api_get_health, api_get_openapi, api_get_caller;                /* service.c */
http_handler api_list_partners, api_create_partner, api_get_partner;         /* partners.c */
http_handler api_list_accounts, api_create_account, api_get_account;         /* accounts.c */
http_handler api_list_tokens, api_create_token, api_revoke_token;            /* tokens.c */
http_handler api_list_sites, api_create_site, api_get_site, api_change_site; /* sites.c */
http_handler api_list_domains, api_add_domain, api_get_domain;               /* domains.c */
http_handler api_remove_domain, api_add_name, api_remove_name;               /* domains.c */
http_handler api_get_domain_status;                                          /* status.c */
http_handler api_list_history;                                               /* history.c */
http_handler api_list_orders, api_place_order, api_get_order;                /* orders.c */
http_handler api_cancel_order, api_check_order;                              /* orders.c */
http_handler api_list_subscriptions, api_get_subscription;                   /* subscriptions.c */
http_handler api_change_subscription;                                        /* subscriptions.c */
http_handler api_reissue_certificate;                                        /* subscriptions.c */
http_handler api_list_certificates, api_get_certificate;                     /* certificates.c */
http_handler api_revoke_certificate;                                         /* certificates.c */
http_handler api_list_events;                                                /* events.c */
http_handler api_run_check, api_get_check;                                   /* checks.c */
http_handler api_get_partner_share, api_change_partner_share;                /* partner_share.c */
http_handler api_list_cas;                                                   /* cas.c */
http_handler api_list_edges, api_enrol_edge, api_change_edge;                /* edges.c */
http_handler api_edge_feed, api_edge_snapshot;                               /* feed.c */
http_handler api_edge_question, api_edge_answer;                             /* vantages.c */
