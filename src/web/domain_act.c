/* SPDX-License-Identifier: Apache-2.0 */

/* domain_act: what somebody may do about the certificate of a domain. What cannot be undone by the
 * next click has a page before it that says what will happen. */
#include "app/certificate.h"
#include "app/leave.h"
#include "app/order.h"
#include "app/subscription.h"
#include "base/buf.h"
#include "base/clock.h"
#include "http/fields.h"
#include "model/hostname.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/view.h"

#define NAMES_TEXT_MAX 4096 /* octets */

/* One sentence of what will happen, where it `holds`; its text is told {name}, {names}, {until}. */
struct act_line {
    const char *text;
    bool (*holds)(const struct status *status);
};

struct act {
    const char *path; /* behind the domain's */
    const char *title, *button;
    bool is_dangerous;
    bool (*is_possible)(const struct status *status);
    const char *impossible; /* completes "<domain> ..." */
    const struct act_line *lines;
    size_t line_count;
    bool (*run)(const struct web_call *call, struct arena *mem, const struct status *status,
                struct err *err);
};

static bool always(const struct status *status)
{
    (void)status;
    return true;
}

static bool has_placed_order(const struct status *status)
{
    return status->order && status->order->state == ORDER_PLACED;
}

static bool has_subscription(const struct status *status)
{
    return status->subscription != NULL;
}

static bool has_live(const struct status *status)
{
    return status->certificate && status->certificate->state == CERTIFICATE_LIVE;
}

static bool is_here(const struct status *status)
{
    return !status->domain->is_removed;
}

static bool cancel(const struct web_call *call, struct arena *mem, const struct status *status,
                   struct err *err)
{
    const struct cert_order *order;

    return app_order_cancel(call->app, &call->who.caller, mem, status->order->id, &order, err);
}

static bool reissue(const struct web_call *call, struct arena *mem, const struct status *status,
                    struct err *err)
{
    const struct issuance *issuance;

    return app_subscription_reissue(call->app, &call->who.caller, mem, status->subscription->id,
                                    &issuance, err);
}

static bool release(const struct web_call *call, struct arena *mem, const struct status *status,
                    struct err *err)
{
    const struct domain_removal removal = {.domain_id = status->domain->id, .is_cancelling = true};
    const struct domain *domain;

    return app_domain_remove(call->app, &call->who.caller, mem, &removal, &domain, err);
}

static const struct act_line cancel_lines[] = {
    {"cancel.order", always},
    {"cancel.domain", always},
};
static const struct act_line reissue_lines[] = {
    {"reissue.new", always},
    {"reissue.old", has_live},
    {"reissue.limit", always},
};
static const struct act_line release_lines[] = {
    {"release.names", always},
    {"release.keys", has_live},
    {"release.subscription", has_subscription},
    {"release.order", has_placed_order},
    {"release.final", always},
};

static const struct act act_cancel = {
    .path = "cancel",
    .title = "cancel.title",
    .button = "cancel.submit",
    .is_possible = has_placed_order,
    .impossible = "has no order that waits: there is nothing to cancel",
    .lines = cancel_lines,
    .line_count = ARRAY_LEN(cancel_lines),
    .run = cancel,
};
static const struct act act_reissue = {
    .path = "reissue",
    .title = "reissue.title",
    .button = "reissue.submit",
    .is_possible = has_subscription,
    .impossible = "has no subscription: order a certificate first",
    .lines = reissue_lines,
    .line_count = ARRAY_LEN(reissue_lines),
    .run = reissue,
};
static const struct act act_release = {
    .path = "release",
    .title = "release.title",
    .button = "release.submit",
    .is_dangerous = true,
    .is_possible = is_here,
    .impossible = "was given back already",
    .lines = release_lines,
    .line_count = ARRAY_LEN(release_lines),
    .run = release,
};

static bool find(struct http_req *req, struct status *out, struct err *err)
{
    const struct web_call *call = web_call_of(req);

    return app_status(call->app, &call->who.caller, req->mem, http_param(req, "domain"), out, err);
}

static bool check_possible(const struct act *act, const struct status *status, struct err *err)
{
    return act->is_possible(status) ||
           err_set(err, ERR_CONFLICT, "%s %s", status->domain->name, act->impossible);
}

/* "a.example, www.a.example" */
static const char *names_text(struct arena *mem, const struct status *status)
{
    struct buf out = buf_new(mem, NAMES_TEXT_MAX);
    const char *text;

    for (size_t i = 0; i < status->domain_name_count; i++)
        buf_printf(&out, "%s%s", i > 0 ? ", " : "",
                   hostname_unicode(mem, status->domain_names[i].name->name));
    text = buf_cstr(&out);
    return text && *text ? text : hostname_unicode(mem, status->domain->name);
}

static json_t *lines_json(struct http_req *req, const struct act *act, const struct status *status)
{
    const struct catalogue *catalogue = web_call_of(req)->web->catalogue;
    const char *name = hostname_unicode(req->mem, status->domain->name);
    const char *names = names_text(req->mem, status);
    const char *until =
        status->subscription ? clock_text_in(req->mem, status->subscription->term_end_at) : "";
    json_t *lines = json_array();

    for (size_t i = 0; i < act->line_count; i++)
        if (act->lines[i].holds(status))
            json_array_append_new(
                lines, view_sentence(catalogue_text(req->mem, catalogue, act->lines[i].text, "name",
                                                    name, "names", names, "until", until, NULL)));
    return lines;
}

static bool show(struct http_req *req, struct http_res *res, const struct act *act,
                 const struct err *problem, struct err *err)
{
    const struct catalogue *catalogue = web_call_of(req)->web->catalogue;
    struct status status;
    json_t *data;

    if (!find(req, &status, err))
        return false;
    if (!check_possible(act, &status, err)) {
        if (problem)
            *err = *problem;
        return false;
    }
    data = json_pack("{s:o, s:s, s:s, s:s, s:b, s:o}", "domain",
                     view_domain(req->mem, status.domain), "path", act->path, "heading",
                     catalogue_text(req->mem, catalogue, act->title, NULL), "button",
                     catalogue_text(req->mem, catalogue, act->button, NULL), "is_dangerous",
                     act->is_dangerous, "lines", lines_json(req, act, &status));
    if (problem && !web_take_problem(data, problem)) {
        json_decref(data);
        *err = *problem;
        return false;
    }
    return web_reply_page(
        req, res,
        &(struct web_page){.name = "confirm",
                           .title = act->title,
                           .about = hostname_unicode(req->mem, status.domain->name),
                           .place = "accounts",
                           .status = problem ? web_form_status(problem) : 0,
                           .data = data},
        err);
}

/* The form has nothing but its code. */
static bool read_form(const struct http_req *req, struct err *err)
{
    static const struct http_field fields[] = {WEB_FORM_FIELDS};
    struct http_value value[ARRAY_LEN(fields)];

    return http_form_fields(req, fields, ARRAY_LEN(fields), value, err);
}

static bool do_it(struct http_req *req, struct http_res *res, const struct act *act,
                  struct err *err)
{
    struct err problem = {0};
    struct status status;

    if (!find(req, &status, err))
        return false;
    if (read_form(req, &problem) && check_possible(act, &status, &problem) &&
        act->run(web_call_of(req), req->mem, &status, &problem))
        return web_redirect(
            res, act->is_dangerous
                     ? arena_printf(req->mem, "/accounts/%s/domains", status.domain->account_id)
                     : arena_printf(req->mem, "/domains/%s", status.domain->id));
    return show(req, res, act, &problem, err);
}

bool web_get_cancel(struct http_req *req, struct http_res *res, struct err *err)
{
    return show(req, res, &act_cancel, NULL, err);
}

bool web_post_cancel(struct http_req *req, struct http_res *res, struct err *err)
{
    return do_it(req, res, &act_cancel, err);
}

bool web_get_reissue(struct http_req *req, struct http_res *res, struct err *err)
{
    return show(req, res, &act_reissue, NULL, err);
}

bool web_post_reissue(struct http_req *req, struct http_res *res, struct err *err)
{
    return do_it(req, res, &act_reissue, err);
}

bool web_get_release(struct http_req *req, struct http_res *res, struct err *err)
{
    return show(req, res, &act_release, NULL, err);
}

bool web_post_release(struct http_req *req, struct http_res *res, struct err *err)
{
    return do_it(req, res, &act_release, err);
}

/* What needs no page before it. */

bool web_post_check(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct status status;

    if (!read_form(req, err) || !find(req, &status, err))
        return false;
    if (!status.order)
        return err_set(err, ERR_CONFLICT, "nothing was ordered for %s", status.domain->name);
    return app_order_check_again(call->app, &call->who.caller, req->mem, status.order->id, err) &&
           web_redirect(res, arena_printf(req->mem, "/domains/%s", status.domain->id));
}

bool web_post_auto_renew(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { F_ON = WEB_FIRST_FIELD, COUNT };
    static const struct http_field fields[COUNT] = {
        WEB_FORM_FIELDS,
        [F_ON] = {.name = "on", .type = FIELD_BOOL, .is_required = true},
    };
    const struct web_call *call = web_call_of(req);
    const struct subscription *subscription;
    struct http_value value[COUNT];
    struct status status;

    if (!http_form_fields(req, fields, COUNT, value, err) || !find(req, &status, err))
        return false;
    if (!status.subscription)
        return err_set(err, ERR_CONFLICT, "%s %s", status.domain->name, act_reissue.impossible);
    return app_subscription_set_auto_renew(
               call->app, &call->who.caller, req->mem,
               &(struct auto_renew_input){status.subscription->id, value[F_ON].is_true},
               &subscription, err) &&
           web_redirect(res, arena_printf(req->mem, "/domains/%s", status.domain->id));
}
