/* SPDX-License-Identifier: Apache-2.0 */
#include "job/issue.h"
#include "model/edge_wait.h"

/* By what is waited for; NULL: nothing to say. */
static const char *const texts[EDGE_WAIT_COUNT] = {
    [EDGE_WAIT_NO_EDGE] = "no CDN location is in service; it goes on by itself once one is back",
    [EDGE_WAIT_NONE_HAS] =
        "no CDN location takes up new records; it goes on by itself once one does",
};

bool issue_wait(struct issue *is, const struct edge_wait *wait, struct issue_outcome *out,
                struct err *err)
{
    const char *text = texts[wait->what];
    const struct issue_change change = {
        .event = ISSUANCE_EVENT_NO_EDGE, .text = text, .keep_seq = is->issuance->wait_seq};
    bool is_said = is->issuance->error_text && text && strcmp(is->issuance->error_text, text) == 0;

    *out = (struct issue_outcome){.is_wait = true, .run_at = wait->look_again_at};
    if (!text || is_said)
        return true;
    is->issuance->error_code = edge_wait_code(wait->what);
    is->issuance->error_text = text;
    return issue_commit(is, &change, err);
}
