/* SPDX-License-Identifier: Apache-2.0 */

/* `latchkey ca log`: what the CA has done. Reads in its folder, so that a CA that does not run can
 * be asked, too. */
#include <jansson.h>

#include "base/clock.h"
#include "base/slice.h"
#include "bin/ca_words.h"
#include "ca/database.h"

static void print_entry(const struct ca_journal_entry *entry, bool is_json)
{
    char at[CLOCK_TEXT_SIZE];
    json_t *json;

    if (!is_json) {
        printf("%lld %s account %lld %s %s %s\n", (long long)entry->id, clock_text(entry->at, at),
               (long long)entry->account_id, ca_journal_kind_name(entry->kind), entry->subject,
               entry->detail);
        return;
    }
    json = json_pack("{s:I, s:s, s:I, s:s, s:s, s:s}", "id", (json_int_t)entry->id, "at",
                     clock_text(entry->at, at), "account", (json_int_t)entry->account_id, "kind",
                     ca_journal_kind_name(entry->kind), "subject", entry->subject, "detail",
                     entry->detail);
    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(json);
}

/* A number, or the account's URL, which ends in it; NULL: of all. */
static bool read_account(const char *text, int64_t *out, struct err *err)
{
    const char *slash = text ? strrchr(text, '/') : NULL;

    return !text || slice_i64(slice_str(slash ? slash + 1 : text), 1, INT64_MAX, out) ||
           err_set(err, ERR_BAD_INPUT, "--account %s: neither the number of an account nor its URL",
                   text);
}

bool ca_word_log(struct arena *mem, const struct ca_input *input, const struct ca_options *ca,
                 struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;
    struct ca_journal_filter filter = input->filter;
    struct ca_journal journal;

    if (!read_account(input->account, &filter.account_id, err))
        return false;
    if (!ca_database_look(mem, ca->dir, &db, err))
        return false;
    filter.text = input->subject;
    filter.is_last = filter.limit != 0;
    if (!filter.limit)
        filter.limit = CA_JOURNAL_LIMIT;
    do {
        AUTO(arena_freep) struct arena *page = arena_new();

        if (!ca_journal_list(page, db, &filter, &journal, err))
            return false;
        for (size_t i = 0; i < journal.count; i++) {
            print_entry(&journal.entries[i], input->common.is_json);
            filter.after_id = journal.entries[i].id;
        }
    } while (!filter.is_last && journal.count == CA_JOURNAL_LIMIT);
    return true;
}
