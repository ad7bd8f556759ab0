/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include "db/migrate.h"
#include "store/account_store.h"
#include "store/address_store.h"
#include "store/admission_store.h"
#include "store/ca_account_store.h"
#include "store/ca_standing_store.h"
#include "store/certificate_end_store.h"
#include "store/certificate_store.h"
#include "store/check_store.h"
#include "store/claim_store.h"
#include "store/dns_value_store.h"
#include "store/domain_name_store.h"
#include "store/domain_store.h"
#include "store/domain_vantage_store.h"
#include "store/edge_report_store.h"
#include "store/edge_store.h"
#include "store/edge_withdrawal_store.h"
#include "store/event_store.h"
#include "store/feed_store.h"
#include "store/history_store.h"
#include "store/idempotency_store.h"
#include "store/issuance_name_store.h"
#include "store/issuance_store.h"
#include "store/issued_store.h"
#include "store/job_store.h"
#include "store/lost_certificate_store.h"
#include "store/notice_store.h"
#include "store/order_at_ca_store.h"
#include "store/order_store.h"
#include "store/origin_store.h"
#include "store/overview_store.h"
#include "store/partner_share_store.h"
#include "store/partner_store.h"
#include "store/proof_store.h"
#include "store/registration_store.h"
#include "store/renewal_store.h"
#include "store/session_store.h"
#include "store/setting_store.h"
#include "store/sign_in_store.h"
#include "store/site_store.h"
#include "store/subscription_store.h"
#include "store/token_store.h"
#include "store/user_store.h"
#include "store/vantage_question_store.h"
#include "store/vantage_store.h"
#include "store/watch_store.h"

/* clang-format off */
static const struct query_list *const lists[] = {
    &account_queries,
    &address_queries,
    &admission_queries,
    &ca_account_queries,
    &ca_standing_queries,
    &certificate_end_queries,
    &certificate_queries,
    &check_queries,
    &claim_queries,
    &dns_value_queries,
    &domain_name_queries,
    &domain_queries,
    &domain_vantage_queries,
    &edge_queries,
    &edge_report_queries,
    &edge_withdrawal_queries,
    &event_queries,
    &feed_queries,
    &history_queries,
    &idempotency_queries,
    &issuance_name_queries,
    &issuance_queries,
    &issued_queries,
    &job_queries,
    &lost_certificate_queries,
    &notice_queries,
    &order_at_ca_queries,
    &order_queries,
    &origin_queries,
    &overview_queries,
    &partner_queries,
    &partner_share_queries,
    &proof_queries,
    &registration_queries,
    &renewal_queries,
    &session_queries,
    &setting_queries,
    &sign_in_queries,
    &site_queries,
    &subscription_queries,
    &token_queries,
    &user_queries,
    &vantage_question_queries,
    &vantage_queries,
    &watch_queries,
};
/* clang-format on */

const struct query_list *const *store_queries(size_t *count)
{
    *count = ARRAY_LEN(lists);
    return lists;
}

bool store_migrate(struct db *pool, size_t *applied, struct err *err)
{
    return db_migrate(pool, store_migrations, store_migrations_count, applied, err);
}

bool store_migrate_check(struct db *pool, struct err *err)
{
    return db_migrate_check(pool, store_migrations, store_migrations_count, err);
}
