/* SPDX-License-Identifier: Apache-2.0 */

/* What an operator does to certificates, accounts and the clock, in the management interface. */
#include "base/clock.h"
#include "base/log.h"
#include "ca/manage.h"
#include "ca/manage_handlers.h"
#include "ca/reason.h"
#include "ca/service.h"
#include "http/response.h"

#define SECOND_MS 1000

static bool reply_count(const struct http_req *req, struct http_res *res, const char *what,
                        int64_t count)
{
    LOG(WARN, "ca.managed", KS("operation", req->match.route->operation), KS("what", what),
        KI("count", count));
    return http_reply_json(res, 200, json_pack("{s:I}", what, (json_int_t)count));
}

/* The serial in the path; NULL: all. */
static const char *serial_of(const struct http_req *req)
{
    const char *serial = http_param(req, "serial");

    return strcmp(serial, "all") == 0 ? NULL : serial;
}

bool ca_manage_account(const char *text, int64_t *out, struct err *err)
{
    *out = 0;
    return strcmp(text, "all") == 0 || slice_i64(slice_str(text), 1, INT64_MAX, out) ||
           err_set(err, ERR_BAD_INPUT, "\"%s\" is not the number of an account", text);
}

bool ca_post_renew_now(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    int64_t count;

    return ca_renew_now(req->mem, ca->db, serial_of(req), &count, err) &&
           reply_count(req, res, "certificates", count);
}

static bool read_revocation(const struct http_req *req, struct ca_mass_revocation *out,
                            struct err *err)
{
    const char *reason, *account;
    json_t *body;

    *out = (struct ca_mass_revocation){.serial = serial_of(req)};
    if (!http_body_json(req, &body, err))
        return false;
    reason = json_string_value(json_object_get(body, "reason"));
    account = json_string_value(json_object_get(body, "account"));
    if (reason && !ca_reason_parse(reason, &out->reason))
        return err_field(err, "reason", "\"%.40s\" is none of " CA_REASONS_TEXT, reason);
    return !account || ca_manage_account(account, &out->account_id, err);
}

bool ca_post_revoke(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    struct ca_mass_revocation which;
    int64_t count;

    return read_revocation(req, &which, err) &&
           ca_revoke_now(req->mem, ca->db, &which, &count, err) &&
           reply_count(req, res, "certificates", count);
}

bool ca_post_lose(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    int64_t count;

    return ca_lose_accounts(req->mem, ca->db, &count, err) &&
           reply_count(req, res, "accounts", count);
}

bool ca_post_unpausing(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    int64_t account_id, count;

    return ca_manage_account(http_param(req, "account"), &account_id, err) &&
           ca_unpause(req->mem, ca->db, account_id, &count, err) &&
           reply_count(req, res, "names", count);
}

bool ca_show_clock(struct http_req *req, struct http_res *res, struct err *err)
{
    int64_t now = clock_now(), offset_s = (now - clock_real_ms()) / SECOND_MS;

    (void)err;
    return http_reply_json(res, 200,
                           json_pack("{s:s, s:I}", "now", clock_text_in(req->mem, now), "offset_s",
                                     (json_int_t)offset_s));
}

bool ca_put_clock(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    const char *to;
    json_t *body;

    if (!http_body_json(req, &body, err))
        return false;
    to = json_string_value(json_object_get(body, "to"));
    if (!to)
        return err_field(err, "to", "is missing, or no text");
    if (!ca_move_clock(req->mem, ca->db, to, err))
        return false;
    LOG(WARN, "ca.clock_moved", KS("to", to));
    return ca_show_clock(req, res, err);
}
