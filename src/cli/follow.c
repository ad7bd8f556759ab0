/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/follow.h"

#include "base/clock.h"
#include "base/slice.h"
#include "cli/command.h"
#include "cli/domain.h"
#include "cli/show.h"

enum { OPT_TIMEOUT = 768 };

#define TIMEOUT_MAX_S 86400

/* clang-format off */
static const struct argp_option wait_options[] = {
    {"wait", 'w', NULL, 0, "Follow it until it is served, has failed, or waits for a person", 0},
    {"timeout", OPT_TIMEOUT, "SECONDS", 0, "With --wait: give up following after so long", 0},
    {0},
};
/* clang-format on */

static error_t parse_wait(int key, char *arg, struct argp_state *state)
{
    struct cli_wait *wait = state->input;

    switch (key) {
    case 'w':
        wait->is_wait = true;
        return 0;
    case OPT_TIMEOUT:
        if (!slice_i64(slice_str(arg), 1, TIMEOUT_MAX_S, &wait->timeout_s))
            argp_error(state, "--timeout %s: not a number of seconds from 1 to %d", arg,
                       TIMEOUT_MAX_S);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp wait_argp = {.options = wait_options, .parser = parse_wait};

const struct argp_child cli_wait_children[] = {
    {&cli_common_argp, 0, NULL, 0},
    {&cli_target_argp, 0, NULL, 0},
    [CLI_WAIT_CHILD] = {&wait_argp, 0, NULL, 0},
    {0},
};

#define POLL_S     20
#define CURSOR_MAX 96

/* One following. */
struct follow {
    struct cli_api *api;
    const char *domain_id;
    char cursor[CURSOR_MAX]; /* "&cursor=...", or "" before the first event */
    json_t *records;         /* last shown */
    bool is_json;
    int64_t until; /* clock_boot_ms(); 0: none */
};

/* How many seconds to wait for the next event. */
static int wait_of(const struct follow *f)
{
    int64_t left_s = f->until ? (f->until - clock_boot_ms() + 999) / 1000 : POLL_S;

    return left_s < 0 ? 0 : left_s < POLL_S ? (int)left_s : POLL_S;
}

static bool show_news(struct arena *mem, struct follow *f, struct err *err)
{
    const json_t *page, *event;
    const char *next;
    size_t i;

    if (!cli_api_get(mem, f->api,
                     arena_printf(mem, "/v1/events?domain_id=%s&wait=%d%s", f->domain_id,
                                  wait_of(f), f->cursor),
                     &page, err))
        return false;
    next = json_string_value(json_object_get(page, "next_cursor"));
    if (next)
        snprintf(f->cursor, sizeof(f->cursor), "&cursor=%s", next);
    if (f->is_json)
        return true;
    json_array_foreach(json_object_get(page, "items"), i, event) cli_show_event(stdout, event);
    fflush(stdout);
    return true;
}

/* What to set is said when it has changed, and not again with every look. */
static void show_new_records(struct arena *mem, struct follow *f, const json_t *status)
{
    json_t *records = json_object_get(status, "records");

    if (f->is_json || json_equal(records, f->records))
        return;
    cli_show_records(stdout, mem, records);
    fflush(stdout);
    json_decref(f->records);
    f->records = json_incref(records);
}

/* Live, failed, or parked, which only a person ends. */
static bool is_over(const json_t *status)
{
    static const char *const ends[] = {"live", "failed", "parked"};
    const char *state =
        json_string_value(json_object_get(json_object_get(status, "issuance"), "state"));
    bool is_end = !state;

    for (size_t i = 0; !is_end && i < ARRAY_LEN(ends); i++)
        is_end = strcmp(state, ends[i]) == 0;
    return is_end;
}

/* `mem` keeps the last status only; each look has memory of its own. */
static bool look_until(struct arena *mem, struct follow *f, const json_t **status, struct err *err)
{
    for (;;) {
        AUTO(arena_freep) struct arena *round = arena_new();
        const json_t *seen;

        if (!show_news(round, f, err) ||
            !cli_domain_status(round, f->api, f->domain_id, &seen, err))
            return false;
        show_new_records(round, f, seen);
        if (is_over(seen))
            return cli_domain_status(mem, f->api, f->domain_id, status, err);
        if (f->until && clock_boot_ms() > f->until)
            return err_set(err, ERR_TIMEOUT, "not over yet: %s",
                           json_string_value(json_object_get(seen, "next")));
    }
}

/* Where the timeline ends now. */
static bool skip_past(struct arena *mem, struct follow *f, struct err *err)
{
    const json_t *page;

    do {
        const char *next;

        if (!cli_api_get(
                mem, f->api,
                arena_printf(mem, "/v1/events?domain_id=%s&limit=200%s", f->domain_id, f->cursor),
                &page, err))
            return false;
        next = json_string_value(json_object_get(page, "next_cursor"));
        if (next)
            snprintf(f->cursor, sizeof(f->cursor), "&cursor=%s", next);
    } while (json_is_true(json_object_get(page, "has_more")));
    return true;
}

bool cli_follow(struct arena *mem, const struct cli_follow *what, const json_t **status,
                struct err *err)
{
    struct follow f = {.api = what->api, .domain_id = what->domain_id, .is_json = what->is_json};
    bool is_done;

    if (what->timeout_s)
        f.until = clock_boot_ms() + what->timeout_s * 1000;
    is_done = (!what->is_from_now || skip_past(mem, &f, err)) && look_until(mem, &f, status, err);
    json_decref(f.records);
    return is_done;
}
