-- SPDX-License-Identifier: Apache-2.0
-- Domains that are looked at by themselves: names that wait for DNS, and what is secured. One row for each, by
-- when its name servers are asked next.

CREATE TABLE domain_watch (
    domain_id {text} PRIMARY KEY REFERENCES domain (id),
    cared_at {int} NOT NULL,   -- somebody ordered, asked for a look, or opened the page
    look_at {int} NOT NULL,    -- the next glance
    woken_at {int} NOT NULL,   -- whoever checks the names was woken; 0: not yet
    changed_at {int} NOT NULL, -- a glance saw something new; 0: none has
    servers {text} NOT NULL    -- JSON: a digest of what each name server last said; "": not known yet
) {strict};
CREATE INDEX domain_watch_by_look ON domain_watch (look_at, domain_id);
INSERT INTO domain_watch (domain_id, cared_at, look_at, woken_at, changed_at, servers)
    SELECT id, created_at, 0, 0, 0, '' FROM domain WHERE is_removed = 0;
