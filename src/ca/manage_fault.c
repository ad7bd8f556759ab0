/* SPDX-License-Identifier: Apache-2.0 */

/* Faults on demand, in the management interface. */
#include "base/clock.h"
#include "base/log.h"
#include "ca/manage_handlers.h"
#include "ca/manage_server.h"
#include "ca/service.h"
#include "http/response.h"

#define SECOND_MS INT64_C(1000)

static json_t *fault_json(enum ca_fault_kind kind, const struct ca_fault *fault)
{
    int64_t left_ms = fault->until_ms ? fault->until_ms - clock_boot_ms() : 0;

    return json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I}", "kind", ca_fault_name(kind), "text", ca_fault_text(kind),
        "share", (json_int_t)fault->share, "left", (json_int_t)fault->left, "for_s",
        (json_int_t)((left_ms + SECOND_MS - 1) / SECOND_MS), "wait_s", (json_int_t)fault->wait_s);
}

bool ca_list_faults(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    json_t *list = json_array();

    (void)err;
    for (int i = 0; i < CA_FAULT_COUNT; i++) {
        enum ca_fault_kind kind = (enum ca_fault_kind)i;
        struct ca_fault fault;

        if (ca_fault_get(ca->faults, kind, &fault))
            json_array_append_new(list, fault_json(kind, &fault));
    }
    return http_reply_json(res, 200, json_pack("{s:o}", "faults", list));
}

/* A member of the request and the range that it must be in. */
struct member {
    const char *key;
    int64_t min, max, fallback;
};

static bool read_member(const json_t *body, const struct member *member, int64_t *out,
                        struct err *err)
{
    const json_t *value = json_object_get(body, member->key);
    int64_t number = value ? json_integer_value(value) : member->fallback;

    if (value && (!json_is_integer(value) || number < member->min || number > member->max))
        return err_field(err, member->key, "is not a number from %lld to %lld",
                         (long long)member->min, (long long)member->max);
    *out = number;
    return true;
}

static bool read_fault(const json_t *body, struct ca_fault *out, struct err *err)
{
    static const struct member share = {"share", 1, 100, 100}, count = {"count", 1, 1000000, 0},
                               span = {"for_s", 1, 86400, 0},
                               wait = {"wait_s", 0, 30, CA_FAULT_WAIT_S};
    int64_t for_s = 0;

    *out = (struct ca_fault){0};
    if (!json_is_object(body))
        return err_set(err, ERR_BAD_REQUEST, "the body is no object");
    if (!read_member(body, &share, &out->share, err) ||
        !read_member(body, &count, &out->left, err) || !read_member(body, &span, &for_s, err) ||
        !read_member(body, &wait, &out->wait_s, err))
        return false;
    out->until_ms = for_s ? clock_boot_ms() + for_s * SECOND_MS : 0;
    return true;
}

bool ca_begin_fault(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    const char *name = http_param(req, "kind");
    enum ca_fault_kind kind;
    struct ca_fault fault;
    json_t *body;

    if (!ca_fault_parse(name, &kind))
        return err_set(err, ERR_NOT_FOUND, "there is no fault \"%s\"", name);
    if (!http_body_json(req, &body, err) || !read_fault(body, &fault, err))
        return false;
    ca_fault_begin(ca->faults, kind, &fault);
    LOG(WARN, "ca.fault", KS("kind", name), KI("share", fault.share), KI("left", fault.left));
    return http_reply_json(res, 200, fault_json(kind, &fault));
}

bool ca_end_faults(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;

    (void)err;
    ca_fault_end_all(ca->faults);
    LOG(INFO, "ca.faults_ended", KS("socket", CA_MANAGE_SOCKET));
    return http_reply_json(res, 200, json_pack("{s:[]}", "faults"));
}
