/* SPDX-License-Identifier: Apache-2.0 */
#include "job/ca_session.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/id.h"
#include "store/ca_account_store.h"

#define ALG     "ES256"
#define EAB_ALG "HS256"

/* What the functions below share. */
struct opening {
    const struct worker *worker;
    struct arena *mem;
    const struct worker_ca *ca;
};

static bool add_account(const struct opening *at, struct err *err)
{
    const char *id = id_new(at->mem, ID_CA_ACCOUNT);
    struct signer *signer = at->worker->signer;
    struct signer_key key;
    struct signer_jwk jwk;
    struct ca_account account = {
        .id = id, .ca = at->ca->config->id, .state = CA_ACCOUNT_NEW, .created_at = clock_now()};

    CRASH_POINT(ACCOUNT_KEY_BEFORE);
    if (!signer_make_key(at->mem, signer, id, &key, err) ||
        !signer_public_jwk(at->mem, signer, &(struct signer_sealed){id, key.sealed}, &jwk, err))
        return false;
    CRASH_POINT(ACCOUNT_KEY_REPLY);
    account.sealed_key = key.sealed;
    account.thumbprint = jwk.thumbprint;
    if (!ca_account_store_add(at->worker->app->db, &account, err) && err->code != ERR_CONFLICT)
        return false;
    CRASH_POINT(ACCOUNT_KEY_COMMIT);
    return true;
}

static bool find_account(const struct opening *at, const struct ca_account **out, struct err *err)
{
    struct db *db = at->worker->app->db;
    const char *ca = at->ca->config->id;

    if (!ca_account_store_find(at->mem, db, ca, out, err))
        return false;
    if (*out)
        return true;
    if (!add_account(at, err) || !ca_account_store_find(at->mem, db, ca, out, err))
        return false;
    return *out || err_set(err, ERR_STORE, "the account at %s was not stored", ca);
}

static bool register_account(const struct opening *at, struct ca_session *session,
                             const struct ca_account *account, struct err *err)
{
    const struct config_ca *config = at->ca->config;
    const struct acme_binding binding = {config, EAB_ALG, config->eab_kid};
    const struct acme_account_request want = {.contacts = config->contact.items,
                                              .contact_count = config->contact.count,
                                              .is_terms_agreed = true,
                                              .binding = *config->eab_kid ? &binding : NULL};
    struct acme_account_info *info;
    struct signer_jwk jwk;

    if (!signer_public_jwk(at->mem, at->worker->signer, &session->key.sealed, &jwk, err))
        return false;
    session->account.jwk = jwk.json;
    CRASH_POINT(NEW_ACCOUNT_BEFORE);
    if (!acme_account_new(at->mem, &session->call, &want, &info, err))
        return false;
    CRASH_POINT(NEW_ACCOUNT_REPLY);
    session->account.url = info->url;
    if (!ca_account_store_move(at->worker->app->db, account->id, account->state, CA_ACCOUNT_VALID,
                               info->url, err))
        return err->code == ERR_LOST_RACE; /* another run registered the same key meanwhile */
    CRASH_POINT(NEW_ACCOUNT_COMMIT);
    return true;
}

bool ca_session_begin(const struct worker *worker, struct arena *mem, const struct worker_ca *ca,
                      struct ca_session **out, struct err *err)
{
    struct ca_session *session = arena_new_of(mem, struct ca_session);

    session->ca = ca;
    session->call = (struct acme_call){
        .client = ca->client, .account = &session->account, .problem = &session->problem};
    session->account = (struct acme_account){.key = &session->key, .alg = ALG};
    *out = session;
    session->has_seat = ca_seats_take(ca->seats, ca->config->name, err);
    session->is_crowded = !session->has_seat;
    if (session->is_crowded)
        return false;
    session->is_down = !ca_health_enter(worker, mem, ca, &session->standing, err);
    if (session->is_down && err->code != ERR_CA_BUSY) {
        ca_seats_leave(ca->seats);
        *out = NULL;
    }
    return !session->is_down;
}

bool ca_session_open(const struct worker *worker, struct arena *mem, const struct worker_ca *ca,
                     struct ca_session **out, struct err *err)
{
    const struct opening at = {worker, mem, ca};
    const struct ca_account *account;
    struct ca_session *session;

    *out = NULL;
    if (!find_account(&at, &account, err) || !ca_session_begin(worker, mem, ca, out, err))
        return false;
    session = *out;
    session->key = (struct worker_key){.sealed = {account->id, account->sealed_key}};
    session->account_id = account->id;
    if (account->state != CA_ACCOUNT_VALID)
        return register_account(&at, session, account, err);
    session->account.url = account->url;
    return true;
}

bool ca_session_thumbprint(const struct worker *worker, struct arena *mem,
                           const struct worker_ca *ca, const char **out, struct err *err)
{
    const struct opening at = {worker, mem, ca};
    const struct ca_account *account;

    if (!find_account(&at, &account, err))
        return false;
    *out = account->thumbprint;
    return true;
}

bool ca_session_end(const struct worker *worker, struct arena *mem, struct ca_session *session,
                    bool is_done, struct err *err)
{
    struct err unsettled;

    if (!session)
        return is_done;
    if (session->has_seat)
        ca_seats_leave(session->ca->seats);
    session->has_seat = false;
    if (session->is_down || session->is_crowded)
        return is_done;
    return ca_health_settle(worker, mem, session->ca, &session->standing, &session->problem,
                            is_done ? err : &unsettled) &&
           is_done;
}
