/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* handlers: what the rows of routes.c run, by the file that has them. */
#include "http/server.h"

/* sign_in.c */
http_handler web_get_sign_in, web_post_sign_in, web_post_sign_out, web_get_welcome,
    web_post_welcome;
/* accounts.c */
http_handler web_list_accounts, web_list_partners, web_get_partner;
/* account_new.c */
http_handler web_get_new_account, web_post_new_account;
/* overview.c */
http_handler web_get_start;
/* domain_list.c */
http_handler web_list_all_domains;
/* partner_new.c */
http_handler web_get_new_partner, web_post_new_partner;
/* account.c */
http_handler web_list_subscriptions, web_list_domains, web_list_sites, web_get_new_domain,
    web_post_new_domain;
/* order_new.c */
http_handler web_get_new_order, web_post_new_order;
/* place.c */
http_handler web_get_place;
/* domain.c */
http_handler web_get_order, web_get_domain, web_follow_domain;
/* history.c */
http_handler web_get_history;
/* domain_act.c */
http_handler web_get_cancel, web_post_cancel, web_get_reissue, web_post_reissue, web_get_release,
    web_post_release, web_post_check, web_post_auto_renew;
/* site.c */
http_handler web_get_site, web_get_site_state, web_post_site;
