/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/kept_report.h"

#include "acme/ari.h"
#include "base/clock.h"

struct making {
    struct kept_report *report;
    struct arena *mem; /* of one turn */
    struct buf words;
    size_t count, told;
    bool is_full;
};

static bool count_one(void *arg, const struct kept_host *kept, struct err *err)
{
    struct making *making = arg;

    (void)err;
    making->count += kept->certificate.leaf.len > 0;
    return true;
}

static const char *word_of(struct arena *mem, const struct kept_host *kept)
{
    struct err none = {0};
    const char *id = "-";

    if (!acme_certificate_id(mem, kept->certificate.leaf, &id, &none))
        id = "-";
    return arena_printf(mem, " %.*s:%.*s:%llu:%s", (int)kept->name.len,
                        (const char *)kept->name.data, (int)kept->host.certificate_id.len,
                        (const char *)kept->host.certificate_id.data,
                        (unsigned long long)kept->host.issued_at, id);
}

static bool tell_one(void *arg, const struct kept_host *kept, struct err *err)
{
    struct making *making = arg;
    struct kept_report *report = making->report;
    const char *word;

    (void)err;
    if (making->is_full || kept->certificate.leaf.len == 0)
        return true;
    word = word_of(making->mem, kept);
    making->is_full = making->words.len + strlen(word) > KEPT_TEXT_MAX;
    if (making->is_full)
        return true;
    buf_str(&making->words, word);
    making->told++;
    report->last_len = kept->name.len;
    memcpy(report->last, kept->name.data, kept->name.len);
    return true;
}

static bool make(struct edge_tx *tx, void *arg, struct err *err)
{
    struct making *making = arg;
    struct kept_report *report = making->report;
    const struct slice after = slice_of(report->last, report->last_len);

    if (!kept_each(tx, slice_of(NULL, 0), count_one, making, err))
        return false;
    if (making->count == 0)
        return true;
    if (!kept_each(tx, after, tell_one, making, err))
        return false;
    if (!making->is_full)
        report->last_len = 0;
    return true;
}

void kept_report_end(struct kept_report *report)
{
    if (report->mem)
        arena_free(report->mem);
    *report = (struct kept_report){0};
}

bool kept_report_make(struct kept_report *report, struct edge_db *db, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct making making = {.report = report, .mem = mem, .words = buf_new(mem, KEPT_TEXT_MAX + 1)};
    const int64_t now = clock_boot_ms();

    if (report->is_more && now - report->made_at < KEPT_REPORT_MS)
        return true;
    if (!edge_db_read(db, make, &making, err))
        return false;
    if (report->mem)
        arena_free(report->mem);
    report->mem = arena_new();
    report->made_at = now;
    report->is_more = making.told < making.count;
    report->text = making.count == 0
                       ? NULL
                       : arena_printf(report->mem, "%zu%.*s", making.count, (int)making.words.len,
                                      (const char *)making.words.data);
    return true;
}
