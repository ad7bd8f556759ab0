/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/problem.h"

#include <assert.h>
#include <string.h>

#include "acme/problem_parse.h"
#include "acme/text.h"
#include "base/buf.h"
#include "base/clock.h"

#define URN        "urn:ietf:params:acme:error:"
#define URN_DRAFT  "urn:acme:error:"
#define HOUR       3600
#define SERVER_5XX 5
/* In a row's place: the document has subproblems that name identifiers, wherever it stood. */
#define WITH_NAMES 8

#define X(id, name) [ACME_PROBLEM_##id] = (name),
static const char *const names[ACME_PROBLEM_COUNT] = {[ACME_PROBLEM_NONE] = "none",
                                                      ACME_PROBLEM_TYPES(X)};
#undef X

/*
 * A refusal of an order with "replaces" is never taken by its wording, which differs from CA to CA:
 * malformed, unauthorized and conflict are all tried again without, where they show what they mean.
 *
 * The first row whose type, place, status and detail fit is taken; each type ends with a row that
 * fits always. place 0 and status 0 fit any (WITH_NAMES: see above), status 5 fits 500 to 599,
 * detail NULL fits any and else stands somewhere in the CA's text. wait_s is what Retry-After is
 * when the CA sent none; 0 leaves it to the caller's own schedule. Details are those of Boulder
 * (ratelimits/limiter.go, wfe2, va).
 */
static const struct row {
    enum acme_problem_type type;
    unsigned place;
    int status;
    const char *detail;
    enum acme_scope scope;
    enum acme_permanence permanence;
    enum acme_reaction reaction;
    enum acme_limit limit;
    enum err_actor actor;
    enum err_code code;
    int wait_s;
    const char *meaning;
} rows[] = {
#define ROW(type, place, status, detail, scope, permanence, reaction, limit, actor, code, wait,    \
            meaning)                                                                               \
    {                                                                                              \
        ACME_PROBLEM_##type, place, status, detail, ACME_SCOPE_##scope, ACME_##permanence,         \
            ACME_##reaction, ACME_LIMIT_##limit, ACTOR_##actor, ERR_##code, wait, meaning          \
    }
    /* clang-format off */
    ROW(NONE, 0, 0, NULL, CA, TRANSIENT, BACK_OFF, NONE, OPERATOR, INTERNAL, 0,
        "the request could not be made on this side"),
    ROW(UNREACHABLE, 0, 0, NULL, CA, TRANSIENT, BACK_OFF, NONE, WAIT, NET, 0,
        "the CA cannot be reached"),

    ROW(NOT_ACME, 0, 429, NULL, CA, TRANSIENT, RETRY_AT, REQUESTS, WAIT, RATE_LIMITED, 60,
        "the CA gets too many requests from here"),
    ROW(NOT_ACME, 0, 503, NULL, CA, TRANSIENT, RETRY_AT, REQUESTS, WAIT, CA_BUSY, 60,
        "the CA is overloaded or under maintenance"),
    ROW(NOT_ACME, 0, SERVER_5XX, NULL, CA, TRANSIENT, BACK_OFF, NONE, WAIT, CA_BUSY, 0,
        "the CA has a failure of its own"),
    ROW(NOT_ACME, 0, 404, NULL, NAME, FINAL, NEW_ORDER, NONE, WAIT, CA_PROTOCOL, 0,
        "the CA has nothing under this address (any more)"),
    ROW(NOT_ACME, 0, 0, NULL, CA, TRANSIENT, BACK_OFF, NONE, OPERATOR, CA_PROTOCOL, 0,
        "the CA's answer is not ACME"),

    ROW(UNKNOWN, 0, 429, NULL, ACCOUNT, TRANSIENT, RETRY_AT, REQUESTS, WAIT, RATE_LIMITED, 600,
        "a limit of the CA is reached"),
    ROW(UNKNOWN, 0, 503, NULL, CA, TRANSIENT, RETRY_AT, REQUESTS, WAIT, CA_BUSY, 60,
        "the CA is overloaded or under maintenance"),
    ROW(UNKNOWN, 0, SERVER_5XX, NULL, CA, TRANSIENT, BACK_OFF, NONE, WAIT, CA_BUSY, 0,
        "the CA has a failure of its own"),
    ROW(UNKNOWN, 0, 0, NULL, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OPERATOR, CA_REFUSED, 0,
        "the CA refused for a reason that this program does not know"),

    ROW(AGREEMENT_REQUIRED, 0, 0, NULL, ACCOUNT, UNTIL_CHANGE, STOP, NONE, OPERATOR, CA_REFUSED, 0,
        "the CA's terms of service must be agreed to"),
    ROW(ACCOUNT_DOES_NOT_EXIST, 0, 0, NULL, ACCOUNT, TRANSIENT, REGISTER, NONE, WAIT, CA_REFUSED, 0,
        "the CA has lost the account: it is registered again"),
    ROW(ALREADY_REPLACED, 0, 0, NULL, NAME, FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0,
        "another order replaces that certificate already"),
    ROW(ALREADY_REVOKED, 0, 0, NULL, NAME, FINAL, IS_DONE, NONE, WAIT, CA_REFUSED, 0,
        "the certificate is revoked already"),
    ROW(BAD_CSR, 0, 0, NULL, NAME, FINAL, NEW_KEY, NONE, OPERATOR, CA_REFUSED, 0,
        "the CA does not take this request or its key"),
    ROW(BAD_NONCE, 0, 0, NULL, CA, TRANSIENT, RETRY_NOW, NONE, WAIT, CA_BUSY, 1,
        "the CA refuses its own nonces"),
    ROW(BAD_PUBLIC_KEY, 0, 0, NULL, NAME, FINAL, NEW_KEY, NONE, OPERATOR, CA_REFUSED, 0,
        "the CA does not take this key"),
    ROW(BAD_REVOCATION_REASON, 0, 0, NULL, NAME, FINAL, STOP, NONE, OPERATOR, CA_REFUSED, 0,
        "the CA does not take this reason of revocation"),
    ROW(BAD_SIGNATURE_ALGORITHM, 0, 0, NULL, ACCOUNT, FINAL, STOP, NONE, OPERATOR, CA_REFUSED, 0,
        "the CA does not take the algorithm of the account key"),
    ROW(CAA, WITH_NAMES, 0, NULL, NAME, UNTIL_CHANGE, DROP_NAME, NONE, OWNER, CA_REFUSED, 0,
        "a CAA record in the DNS of a name forbids this CA"),
    ROW(CAA, 0, 0, "econdary validation", NAME, UNTIL_CHANGE, BACK_OFF, NONE, OWNER, CA_REFUSED, 0,
        "some of the CA's viewpoints see a CAA record that forbids it (DNS that differs)"),
    ROW(CAA, 0, 0, NULL, NAME, UNTIL_CHANGE, STOP, NONE, OWNER, CA_REFUSED, 0,
        "a CAA record in the DNS forbids this CA"),
    ROW(COMPOUND, WITH_NAMES, 0, NULL, NAME, UNTIL_CHANGE, DROP_NAME, NONE, OWNER, CA_REFUSED, 0,
        "some of the names have a problem each"),
    ROW(COMPOUND, 0, 0, NULL, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0,
        "there are several problems"),
    ROW(CONFLICT, ACME_IN_REPLACING, 0, NULL, NAME, FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0,
        "another order replaces that certificate already"),
    ROW(CONFLICT, 0, 0, "already in use", ACCOUNT, FINAL, NEW_KEY, NONE, OPERATOR, CA_REFUSED, 0,
        "another account at the CA has this key"),
    ROW(CONFLICT, 0, 0, NULL, NAME, TRANSIENT, REREAD, NONE, WAIT, CA_BUSY, 1,
        "the CA has a request for this object in hand"),

    ROW(CONNECTION, 0, 0, "econdary validation", NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED,
        0, "some of the CA's viewpoints cannot reach the web server (a filter by country or "
           "address)"),
    ROW(CONNECTION, 0, 0, NULL, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0,
        "the CA cannot reach the web server of this name"),
    ROW(DNS, 0, 0, "econdary validation", NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0,
        "some of the CA's viewpoints cannot resolve this name"),
    ROW(DNS, 0, 0, NULL, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0,
        "the CA cannot resolve this name"),
    ROW(EXTERNAL_ACCOUNT_REQUIRED, 0, 0, NULL, ACCOUNT, UNTIL_CHANGE, STOP, NONE, OPERATOR,
        CA_REFUSED, 0, "the CA wants an external account binding (key id and MAC key)"),
    ROW(INCORRECT_RESPONSE, 0, 0, NULL, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OWNER, CA_REFUSED, 0,
        "the CA found another answer than the expected one at this name"),
    ROW(INVALID_CONTACT, 0, 0, NULL, ACCOUNT, FINAL, DROP_CONTACT, NONE, OPERATOR, CA_REFUSED, 0,
        "the CA does not take the contact address"),
    ROW(INVALID_PROFILE, 0, 0, NULL, ACCOUNT, UNTIL_CHANGE, DEFAULT_PROFILE, NONE, OPERATOR,
        CA_REFUSED, 0, "the CA no longer offers this profile"),

    ROW(MALFORMED, WITH_NAMES, 0, NULL, NAME, FINAL, DROP_NAME, NONE, OWNER, CA_REFUSED, 0,
        "the CA does not take some of the names"),
    ROW(MALFORMED, 0, 0, "annot issue for", NAME, FINAL, DROP_NAME, NONE, OWNER, CA_REFUSED, 0,
        "the CA does not take this name"),
    ROW(MALFORMED, ACME_IN_REPLACING, 0, NULL, NAME, FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED,
        0, "the CA does not know the certificate that is to be replaced, or not for these names"),
    ROW(MALFORMED, 0, 404, NULL, NAME, FINAL, NEW_ORDER, NONE, WAIT, CA_REFUSED, 0,
        "the CA no longer has this object"),
    ROW(MALFORMED, 0, 0, NULL, NAME, FINAL, STOP, NONE, OPERATOR, CA_REFUSED, 0,
        "the CA calls the request malformed: an error of this program or a name it does not take"),
    ROW(ORDER_NOT_READY, 0, 0, NULL, NAME, TRANSIENT, REREAD, NONE, WAIT, CA_BUSY, 1,
        "the CA is not that far with the order"),

    ROW(RATE_LIMITED, 0, 0, "temporarily prevented", NAME, UNTIL_CHANGE, STOP, NAME_PAUSED,
        OPERATOR, RATE_LIMITED, 0,
        "the CA has paused this name until somebody visits the given page"),
    ROW(RATE_LIMITED, 0, 0, "too many failed authorizations", NAME, TRANSIENT, RETRY_AT,
        FAILURES_PER_NAME, WAIT, RATE_LIMITED, 720,
        "the CA's limit of failed validations of this name is reached"),
    ROW(RATE_LIMITED, 0, 0, "exact set of", NAME, TRANSIENT, RETRY_AT, CERTIFICATES_PER_SET, WAIT,
        RATE_LIMITED, 34 * HOUR, "the CA's limit of certificates for these very names is reached"),
    ROW(RATE_LIMITED, 0, 0, "too many certificates", NAME, TRANSIENT, RETRY_AT,
        CERTIFICATES_PER_DOMAIN, WAIT, RATE_LIMITED, 202 * 60,
        "the CA's limit of certificates for the registered domain is reached"),
    ROW(RATE_LIMITED, 0, 0, "too many new orders", ACCOUNT, TRANSIENT, RETRY_AT, ORDERS_PER_ACCOUNT,
        WAIT, RATE_LIMITED, 36, "the CA's limit of new orders for the account is reached"),
    ROW(RATE_LIMITED, 0, 0, "too many new registrations", ACCOUNT, TRANSIENT, RETRY_AT,
        ACCOUNTS_PER_ADDRESS, WAIT, RATE_LIMITED, 18 * 60,
        "the CA's limit of new accounts from this address is reached"),
    ROW(RATE_LIMITED, 0, 0, "ervice busy", CA, TRANSIENT, RETRY_AT, REQUESTS, WAIT, CA_BUSY, 60,
        "the CA is overloaded or under maintenance"),
    ROW(RATE_LIMITED, 0, 503, NULL, CA, TRANSIENT, RETRY_AT, REQUESTS, WAIT, CA_BUSY, 60,
        "the CA is overloaded or under maintenance"),
    ROW(RATE_LIMITED, 0, 0, NULL, ACCOUNT, TRANSIENT, RETRY_AT, REQUESTS, WAIT, RATE_LIMITED, 600,
        "a limit of the CA is reached"),

    ROW(REJECTED_IDENTIFIER, 0, 0, NULL, NAME, FINAL, DROP_NAME, NONE, OWNER, CA_REFUSED, 0,
        "the CA does not issue for this name by its own rules"),
    ROW(SERVER_INTERNAL, ACME_IN_OBJECT, 0, NULL, NAME, TRANSIENT, BACK_OFF, NONE, WAIT, CA_BUSY,
        0, "the CA had a failure of its own while it looked at this name"),
    ROW(SERVER_INTERNAL, ACME_IN_REPLACING, 0, "find an order for the given certificate", NAME,
        FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0,
        "the CA does not know the certificate that is to be replaced"),
    ROW(SERVER_INTERNAL, ACME_IN_REPLACING, 0, "existing order must match", NAME, FINAL,
        DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0,
        "the certificate that is to be replaced is for other names"),
    ROW(SERVER_INTERNAL, 0, 0, NULL, CA, TRANSIENT, BACK_OFF, NONE, WAIT, CA_BUSY, 0,
        "the CA has a failure of its own"),
    ROW(TLS, 0, 0, "econdary validation", NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0,
        "some of the CA's viewpoints cannot make a TLS connection to this name"),
    ROW(TLS, 0, 0, NULL, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0,
        "the CA cannot make a TLS connection to this name"),

    ROW(UNAUTHORIZED, ACME_IN_OBJECT, 0, "econdary validation", NAME, UNTIL_CHANGE, BACK_OFF, NONE,
        OWNER, CA_REFUSED, 0,
        "some of the CA's viewpoints get another answer than the expected one (a filter, or DNS "
        "that differs)"),
    ROW(UNAUTHORIZED, ACME_IN_OBJECT, 0, NULL, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OWNER,
        CA_REFUSED, 0, "another server than ours answered the CA at this name"),
    ROW(UNAUTHORIZED, ACME_IN_REPLACING, 0, NULL, NAME, FINAL, DROP_REPLACES, NONE, WAIT,
        CA_REFUSED, 0, "the certificate that is to be replaced belongs to another account"),
    ROW(UNAUTHORIZED, ACME_IN_ANSWER, 0, "CSR does not specify", NAME, FINAL, STOP, NONE, OPERATOR,
        CA_REFUSED, 0, "the certificate request is not for the names of the order"),
    ROW(UNAUTHORIZED, 0, 0, NULL, ACCOUNT, UNTIL_CHANGE, STOP, NONE, OPERATOR, CA_REFUSED, 0,
        "the CA does not let this account do that (it may be deactivated)"),
    ROW(UNSUPPORTED_CONTACT, 0, 0, NULL, ACCOUNT, FINAL, DROP_CONTACT, NONE, OPERATOR, CA_REFUSED,
        0, "the CA does not take this kind of contact address"),
    ROW(UNSUPPORTED_IDENTIFIER, 0, 0, NULL, NAME, FINAL, DROP_NAME, NONE, OPERATOR, CA_REFUSED, 0,
        "the CA does not issue for this kind of name"),
    ROW(USER_ACTION_REQUIRED, 0, 0, NULL, ACCOUNT, UNTIL_CHANGE, STOP, NONE, OPERATOR, CA_REFUSED,
        0, "the CA's new terms of service must be agreed to"),
/* clang-format on */
#undef ROW
};

const char *acme_problem_name(enum acme_problem_type type)
{
    return names[type];
}

static bool status_fits(int wanted, int status)
{
    return wanted == 0 || wanted == status || wanted == status / 100;
}

static bool names_some(const struct acme_problem *problem)
{
    for (size_t i = 0; i < problem->subproblem_count; i++)
        if (problem->subproblems[i].identifier[0])
            return true;
    return false;
}

/* `here`: acme_problem_place, and WITH_NAMES */
static const struct row *find_row(const struct acme_problem *problem, unsigned here)
{

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];

        if (row->type == problem->type && (row->place == 0 || (row->place & here)) &&
            status_fits(row->status, problem->status) &&
            (!row->detail || strstr(problem->detail, row->detail)))
            return row;
    }
    assert(!"a type without a row that always fits");
    return NULL;
}

static unsigned here(const struct acme_problem *problem, enum acme_problem_place place)
{
    return place | (names_some(problem) ? WITH_NAMES : 0u);
}

size_t acme_problem_row_count(void)
{
    return ARRAY_LEN(rows);
}

size_t acme_problem_row_of(const struct acme_problem *problem, enum acme_problem_place place)
{
    return (size_t)(find_row(problem, here(problem, place)) - rows);
}

const char *acme_problem_row_name(struct arena *mem, size_t i)
{
    static const char *const places[] = {[ACME_IN_ANSWER] = " answer",
                                         [ACME_IN_OBJECT] = " object",
                                         [ACME_IN_REPLACING] = " replacing",
                                         [WITH_NAMES] = " names"};
    const struct row *row = &rows[i];
    const char *place = row->place ? places[row->place] : "";

    return arena_printf(mem, "%s%s%s%s%s%s", names[row->type], place,
                        row->status ? arena_printf(mem, " %d", row->status) : "",
                        row->detail ? " \"" : "", row->detail ? row->detail : "",
                        row->detail ? "\"" : "");
}

void acme_problem_classify(struct acme_problem *problem, enum acme_problem_place place)
{
    const struct row *row = find_row(problem, here(problem, place));

    problem->scope = row->scope;
    problem->permanence = row->permanence;
    problem->reaction = row->reaction;
    problem->limit = row->limit;
    problem->actor = row->actor;
    problem->code = row->code;
    problem->meaning = row->meaning;
    if (problem->retry_at == 0 && row->wait_s > 0)
        problem->retry_at = clock_now() + row->wait_s * INT64_C(1000);
}

static enum acme_problem_type type_of(const char *urn)
{
    const char *name = NULL;

    if (urn && strncmp(urn, URN, strlen(URN)) == 0)
        name = urn + strlen(URN);
    else if (urn && strncmp(urn, URN_DRAFT, strlen(URN_DRAFT)) == 0)
        name = urn + strlen(URN_DRAFT);
    for (int i = ACME_PROBLEM_UNKNOWN + 1; name && i < ACME_PROBLEM_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum acme_problem_type)i;
    return ACME_PROBLEM_UNKNOWN;
}

/* The documents -------------------------------------------------------------------------------- */

static int status_of(const json_t *json, int otherwise)
{
    json_int_t said = json_integer_value(json_object_get(json, "status"));

    return said >= 100 && said <= 599 ? (int)said : otherwise;
}

/* Each is judged as what it would be for its name alone. */
static struct acme_subproblem read_subproblem(struct arena *mem, const json_t *json)
{
    const json_t *identifier = json_object_get(json, "identifier");
    const char *name = acme_text(mem, json_string_value(json_object_get(identifier, "value")));
    const struct acme_problem alone = {
        .type = type_of(json_string_value(json_object_get(json, "type"))),
        .status = status_of(json, 0),
        .detail = acme_text(mem, json_string_value(json_object_get(json, "detail"))),
    };
    const struct row *row = find_row(&alone, ACME_IN_OBJECT | (*name ? WITH_NAMES : 0u));

    return (struct acme_subproblem){
        .type = alone.type,
        .identifier = name,
        .detail = alone.detail,
        .permanence = row->permanence,
        .reaction = row->reaction,
        .actor = row->actor,
        .meaning = row->meaning,
    };
}

/* The length of a JSON array, `max` at most; 0 for anything else. */
static size_t list_len(const json_t *list, size_t max)
{
    size_t count = json_array_size(list);

    return count > max ? max : count;
}

static void parse_subproblems(struct arena *mem, const json_t *list, struct acme_problem *out)
{
    size_t count = list_len(list, ACME_SUBPROBLEMS_MAX);
    struct acme_subproblem *subproblems = arena_array_of(mem, count + 1, struct acme_subproblem);

    for (size_t i = 0; i < count; i++)
        subproblems[i] = read_subproblem(mem, json_array_get(list, i));
    out->subproblems = subproblems;
    out->subproblem_count = count;
}

static void parse_algorithms(struct arena *mem, const json_t *list, struct acme_problem *out)
{
    size_t count = list_len(list, ACME_ALGORITHMS_MAX);
    const char **algorithms = arena_array_of(mem, count + 1, const char *);

    for (size_t i = 0; i < count; i++)
        algorithms[i] = acme_text(mem, json_string_value(json_array_get(list, i)));
    out->algorithms = algorithms;
    out->algorithm_count = count;
}

/* The first URL in a text, without the full stop or bracket behind it; NULL when there is none that
 * may be shown as a link. */
static const char *url_in(struct arena *mem, const char *origin, const char *text)
{
    const char *begin = strstr(text, "http"), *url;
    size_t len = begin ? strcspn(begin, " \"<>") : 0;

    while (len > 0 && strchr(".,;:)]", begin[len - 1]))
        len--;
    url = len > 0 ? arena_strndup(mem, begin, len) : NULL;
    return url && acme_page_is_allowed(url, origin) ? url : NULL;
}

/* "instance" is where people go (RFC 8555 section 7.3.3); of a limit, Boulder's detail says it. */
static const char *page_of(struct arena *mem, const char *origin, const json_t *json,
                           const struct acme_problem *problem)
{
    const char *instance = json_string_value(json_object_get(json, "instance"));

    if (instance && acme_page_is_allowed(instance, origin))
        return arena_strdup(mem, instance);
    return problem->limit == ACME_LIMIT_NONE ? NULL : url_in(mem, origin, problem->detail);
}

void acme_problem_parse(struct arena *mem, const char *origin, const json_t *json, int status,
                        enum acme_problem_place place, struct acme_problem *out)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    struct acme_problem problem = {
        .type = type_of(type),
        .status = status_of(json, status),
        .type_text = acme_text(mem, type),
        .detail = acme_text(mem, json_string_value(json_object_get(json, "detail"))),
    };

    parse_subproblems(mem, json_object_get(json, "subproblems"), &problem);
    parse_algorithms(mem, json_object_get(json, "algorithms"), &problem);
    acme_problem_classify(&problem, place);
    problem.page = page_of(mem, origin, json, &problem);
    *out = problem;
}

bool acme_problem_is_about(const struct acme_problem *problem, const char *name)
{
    for (size_t i = 0; i < problem->subproblem_count; i++)
        if (strcmp(problem->subproblems[i].identifier, name) == 0)
            return true;
    return false;
}

/* The err -------------------------------------------------------------------------------------- */

static void add_subproblems(struct buf *text, const struct acme_problem *problem)
{
    for (size_t i = 0; i < problem->subproblem_count; i++) {
        const struct acme_subproblem *one = &problem->subproblems[i];

        buf_printf(text, "; %s: %s: %s", one->identifier, names[one->type], one->detail);
    }
}

static void add_algorithms(struct buf *text, const struct acme_problem *problem)
{
    for (size_t i = 0; i < problem->algorithm_count; i++)
        buf_printf(text, "%s%s", i == 0 ? "; it takes " : ", ", problem->algorithms[i]);
}

/* Unless the CA's own words have it. */
static void add_page(struct buf *text, const struct acme_problem *problem)
{
    if (problem->page && problem->reaction == ACME_STOP && !strstr(problem->detail, problem->page))
        buf_printf(text, "; see %s", problem->page);
}

bool acme_problem_err(const struct acme_problem *problem, const char *ca, const char *what,
                      struct err *err)
{
    char room[ERR_TEXT_MAX];
    struct buf text = buf_fixed(room, sizeof(room));

    if (problem->type_text[0] == '\0') {
        err_set(err, problem->code, "%s answered %s with status %d and no problem document: %s", ca,
                what, problem->status, problem->meaning);
    } else {
        add_subproblems(&text, problem);
        add_algorithms(&text, problem);
        add_page(&text, problem);
        err_set(err, problem->code, "%s refused %s: %s: %s%.*s", ca, what,
                problem->type == ACME_PROBLEM_UNKNOWN ? problem->type_text : names[problem->type],
                problem->detail, (int)text.len, room);
    }
    err->retry_at = problem->retry_at;
    return false;
}
