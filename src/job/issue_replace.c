/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/ari.h"
#include "acme/directory.h"
#include "acme/order.h"
#include "job/issue.h"
#include "job/notice.h"
#include "store/lost_certificate_store.h"

static bool shares_a_name(const struct issue *is, const struct certificate *old)
{
    for (size_t i = 0; i < is->name_count; i++)
        if (text_list_has(old->names, is->names[i].name))
            return true;
    return false;
}

/* What the order may name as replaced (RFC 9773 section 5): a certificate of the same CA and
 * account with a name in common, where the CA has renewal information. *out is NULL otherwise. What
 * a restored store has lost took the place of the old one: then it is replaced itself. */
static bool find_replaced(struct issue *is, struct ca_session *ca, const char **out,
                          struct err *err)
{
    const struct scope scope = scope_platform();
    struct db *db = is->worker->app->db;
    const struct certificate *old = NULL;
    const struct issuance *made = NULL;
    const struct lost_certificate *lost;
    struct acme_directory *directory;

    *out = NULL;
    if (!is->issuance->replaces_id || is->issuance->is_replaces_refused)
        return true;
    if (!certificate_store_get(is->mem, db, &scope, is->issuance->replaces_id, &old, err) ||
        (old && !issuance_store_get(is->mem, db, &scope, old->issuance_id, &made, err)) ||
        !acme_directory(is->mem, &ca->call, &directory, err))
        return false;
    if (!made || !directory->renewal_info || strcmp(made->ca, is->issuance->ca) != 0 ||
        !made->ca_account_id || strcmp(made->ca_account_id, ca->account_id) != 0 ||
        !shares_a_name(is, old))
        return true;
    if (!lost_certificate_store_later(is->mem, db, old, &lost, err))
        return false;
    if (lost && lost->renewal_id) {
        *out = lost->renewal_id;
        return true;
    }
    return acme_certificate_id(is->mem, old->leaf, out, err) || err->code == ERR_BAD_CERT;
}

static bool tell_profile(struct issue *is, const char *text, struct err *err)
{
    return notice_tell_ca(is->worker, is->mem, is->ca->config->id, NOTICE_CA_PROFILE, text, err);
}

static const char *without_profile(const struct issue *is)
{
    return arena_printf(is->mem, "%s does not offer the profile %s: ordered by its default",
                        is->ca->config->name, is->ca->config->profile);
}

static const char *offered(struct arena *mem, const struct acme_directory *directory)
{
    struct buf text = buf_new(mem, ACME_PROFILES_MAX * (ACME_PROFILE_MAX + 2) + 32);

    for (size_t i = 0; i < directory->profile_count; i++)
        buf_printf(&text, "%s%s", i > 0 ? ", " : "", directory->profiles[i].name);
    return directory->profile_count > 0 ? buf_cstr(&text) : "none";
}

/* The configured profile, as long as the CA's directory has it; *out is NULL otherwise, which the
 * operator is told once, and each order. A CA that has no profiles would pass over its name. */
static bool find_profile(struct issue *is, struct ca_session *ca, const char **out,
                         const char **note, struct err *err)
{
    const char *profile = is->ca->config->profile;
    struct acme_directory *directory;

    *out = NULL;
    if (!*profile)
        return true;
    if (!acme_directory(is->mem, &ca->call, &directory, err))
        return false;
    if (acme_directory_has_profile(directory, profile)) {
        *out = profile;
        return tell_profile(is, NULL, err);
    }
    *note = without_profile(is);
    return tell_profile(
        is,
        arena_printf(
            is->mem,
            "%s does not offer the profile %s of ca[].profile (it offers: %s): certificates "
            "are ordered by its default until it does, or another one is configured",
            is->ca->config->name, profile, offered(is->mem, directory)),
        err);
}

/* What the CA does not take is left out, each once; false when it is something else. */
static bool leave_out(struct issue *is, const struct ca_session *ca,
                      struct acme_order_request *want, const char **note)
{
    switch (acme_order_leave_out(&ca->problem, want)) {
    case ACME_LEFT_REPLACES:
        is->issuance->is_replaces_refused = true;
        return true;
    case ACME_LEFT_PROFILE:
        *note = without_profile(is);
        return true;
    case ACME_LEFT_NOTHING:
        break;
    }
    return false;
}

bool issue_new_order(struct issue *is, struct ca_session *ca, struct acme_order **out,
                     const char **note, struct err *err)
{
    struct acme_order_request want = {.names = issue_names(is), .name_count = is->name_count};

    if (!find_profile(is, ca, &want.profile, note, err) ||
        !find_replaced(is, ca, &want.replaces, err))
        return false;
    while (!acme_order_new(is->mem, &ca->call, &want, out, err))
        if (!leave_out(is, ca, &want, note) || !issue_save(is, err))
            return false;
    return true;
}
