-- SPDX-License-Identifier: Apache-2.0
-- Edges that offer to look at names from where they are, what they are asked, and what they say.

CREATE TABLE vantage (
    edge_id {text} PRIMARY KEY REFERENCES edge (id),
    region {text} NOT NULL,
    offered_at {int} NOT NULL,
    silent_at {int} NOT NULL -- when it owed an answer last; 0: never
) {strict};

CREATE TABLE vantage_question (
    id {text} PRIMARY KEY,
    grp {text} NOT NULL,
    until {int} NOT NULL,
    octets {bytes} NOT NULL, -- edge/question.h; without key id and MAC until it is signed
    is_signed {int} NOT NULL
) {strict};
CREATE INDEX vantage_question_until ON vantage_question (until);

CREATE TABLE vantage_answer (
    question_id {text} NOT NULL REFERENCES vantage_question (id),
    edge_id {text} NOT NULL REFERENCES edge (id),
    asked_at {int} NOT NULL,
    octets {bytes}, -- edge/question.h; NULL: not yet
    PRIMARY KEY (question_id, edge_id)
) {strict};
CREATE INDEX vantage_answer_edge ON vantage_answer (edge_id, asked_at);

CREATE TABLE domain_vantage (
    domain_id {text} PRIMARY KEY REFERENCES domain (id),
    seen_at {int} NOT NULL,
    seen {text} NOT NULL -- JSON: the vantages of the last check that asked any (check/report.h)
) {strict};
