/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * vantage: what edges see of the names of a check from where they are (decision 0266). Certificate
 * authorities look from several networks, so what one machine sees is not what they see. An edge
 * asks the check path at the addresses that it is given, within its own reach, and says of each
 * what came of it, in words of ours alone: nothing that a stranger has answered travels.
 *
 * Question and answer are one record with a JSON form, of at most VANTAGE_TEXT_MAX octets:
 *
 *     {"id": "qst_...", "until": 1790000000000, "names": [{"name": "shop.example", "probes":
 *       [{"address": "192.0.2.1"}]}]}
 *     {"id": "qst_...", "until": 1790000000000, "names": [{"name": "shop.example", "probes":
 *       [{"address": "192.0.2.1", "outcome": "wrong_answer", "status": 403}],
 *       "dns": {"a": "records", "aaaa": "nodata", "caa": "nodata", "found": ["192.0.2.1"],
 *       "caa_digest": "0000000000000000"}}]}
 *
 * dns: what the edge's own resolver says, where it has one for this (edge.vantage_dns). `found` are
 * those of its addresses that were to be asked as well.
 * until: unix milliseconds; what is not answered then is not waited for.
 */
#include "check/diagnose.h"

#define VANTAGES_MAX          CHECK_VANTAGES_MAX /* that are asked, in different regions */
#define VANTAGES_ENOUGH       2    /* that outweigh what the control plane sees itself */
#define VANTAGE_NAMES_MAX     8    /* of a check; the rest is not asked */
#define VANTAGE_ADDRESSES_MAX 8    /* of a name, likewise */
#define VANTAGE_MS            2000 /* for the whole of an answer */
#define VANTAGE_HTTP_MS       1500 /* of that, for an address to answer */
#define VANTAGE_DNS_MS        1000 /* and before, for the edge's own look-ups */
#define VANTAGE_PER_MIN       60   /* questions to one edge: not asked above it, nor answered */
#define VANTAGE_TEXT_MAX      12288

struct vantage_probe {
    struct address address;
    enum probe_outcome outcome; /* of an answer, as status */
    int status;                 /* 0 without an answer */
};

struct vantage_name {
    const char *name;
    size_t probe_count;
    struct vantage_probe probes[VANTAGE_ADDRESSES_MAX];
    bool is_looked_up; /* what follows is known; of an answer */
    enum dns_reply a, aaaa, caa;
    size_t found_count;
    struct address found[VANTAGE_ADDRESSES_MAX];
    uint64_t caa_digest; /* vantage_caa_digest() */
};

struct vantage_view {
    const char *id;
    int64_t until;
    size_t count;
    struct vantage_name names[VANTAGE_NAMES_MAX];
};

/* An edge that was asked. */
struct vantage {
    const char *edge, *region;
    const struct address
        *own; /* addresses of the edge itself: that it reaches these says nothing */
    size_t own_count;
    bool has_answered;
    struct vantage_view said;
};

struct vantage_list {
    size_t count;
    struct vantage items[VANTAGES_MAX];
};

/* Who asks them. Neither fails: nobody is asked, or nobody answers. */
struct vantage_asker {
    void *arg;
    /* Returns at once. The question has names and addresses alone. */
    void (*ask)(void *arg, struct arena *mem, const struct vantage_view *question);
    /* Waits until all who were asked have answered, at most until VANTAGE_MS after ask(). */
    void (*collect)(void *arg, struct arena *mem, struct vantage_list *out);
};

/* A new reference. */
json_t *vantage_to_json(const struct vantage_view *view, bool is_answer);
/* ERR_BAD_INPUT for anything but the form above. `out` belongs to mem. */
MUST_CHECK bool vantage_read(struct arena *mem, struct slice text, bool is_answer,
                             struct vantage_view *out, struct err *err);

/* ---- what it comes to, pure ---- */

struct facts;

/* One address of a name, from here and from there; never a vantage point's own address, nor IPv6
 * where it has none. */
struct vantage_sight {
    const struct vantage *vantage;
    const struct vantage_probe *there;
    const struct probe *here;
    bool is_ours; /* the address */
};

#define VANTAGE_SIGHTS_MAX (VANTAGES_MAX * VANTAGE_ADDRESSES_MAX)
/* Those of the name of `f`, by vantage point. Returns how many. */
size_t vantage_sights(const struct facts *f, struct vantage_sight sights[VANTAGE_SIGHTS_MAX]);
bool vantage_differs(const struct vantage_sight *sight);
/* "no answer in time", "another answer (status 403)" */
const char *vantage_outcome_text(struct arena *mem, const struct vantage_probe *probe);

/* Of the records of an answer, in any order; 0: there are none. */
uint64_t vantage_caa_digest(const struct dns_answer *answer);

/* How the look-ups of a vantage point differ from ours in what matters: other addresses do not, as
 * long as the check path is answered at them. */
#define VANTAGE_DNS_FAULTS(X)                                                                      \
    X(NONE)                                                                                        \
    X(FAILED)    /* a look-up that did not fail here */                                            \
    X(NOTHING)   /* no address at all */                                                           \
    X(ELSEWHERE) /* to an address that does not answer for it there */                             \
    X(CAA)       /* other CAA records */

#define X(id) VANTAGE_DNS_##id,
enum vantage_dns_fault { VANTAGE_DNS_FAULTS(X) };
#undef X

struct vantage_dns {
    enum vantage_dns_fault fault;
    const struct vantage_name *name; /* as the vantage point has it; NULL: not looked up */
    const struct address *address;   /* of ELSEWHERE */
};
struct vantage_dns vantage_dns(const struct facts *f, const struct vantage *vantage);
/* "DNS has no address there", of a fault. */
const char *vantage_dns_text(struct arena *mem, const struct vantage_dns *dns);

/* For vantage.c and its rules. */
const struct vantage_name *vantage_find_name(const struct vantage *vantage, const char *name);
bool vantage_is_own(const struct vantage *vantage, const struct address *address);

/* Fills the vantages of the report: those that answered something to compare with, or nothing. */
void vantage_report(struct arena *mem, const struct facts *all, size_t count,
                    struct check_report *out);
