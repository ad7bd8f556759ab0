/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* json: the pieces that the JSON forms of the resources share. All return a new reference. */
#include <jansson.h>

#include "store/text_list.h"

/* RFC 3339; null for 0. */
json_t *api_time(int64_t at);
json_t *api_texts(struct text_list list);
/* Text that holds JSON of our own making; null for NULL. */
json_t *api_stored_json(const char *text);

struct certificate;
struct cert_order;
struct domain;
struct issuance;
struct issuance_name_list;
struct subscription;

json_t *api_order_json(const struct cert_order *order);
json_t *api_domain_json(const struct domain *domain);
json_t *api_subscription_json(const struct subscription *subscription);
json_t *api_certificate_json(const struct certificate *certificate);
/* With its names, their verdicts and findings. */
json_t *api_issuance_json(const struct issuance *issuance, const struct issuance_name_list *names);
/* The changes to DNS that the findings of these names ask for, each once. */
struct status;
json_t *api_records_json(const struct status *status);
