-- SPDX-License-Identifier: Apache-2.0
-- What lists and the first page show of each domain, kept ready so that they can be sorted and
-- counted. All of it follows from the other tables: `version` counts what was changed there, and from
-- `due_at` on the row is made again (0: it is out of date).

CREATE TABLE domain_overview (
    domain_id {text} PRIMARY KEY REFERENCES domain (id),
    partner_id {text} NOT NULL,
    account_id {text} NOT NULL,
    name {text} NOT NULL,
    badge {text} NOT NULL,
    badge_rank {int} NOT NULL,
    who_acts {text} NOT NULL,
    need_rank {int} NOT NULL, -- the lower the sooner somebody must act; 0: nobody
    need_at {int} NOT NULL,   -- by when, else since when
    is_ordered {bool} NOT NULL,
    term_end_at {int} NOT NULL, -- without a term: later than any
    due_at {int} NOT NULL,
    version {int} NOT NULL
) {strict};
CREATE INDEX domain_overview_by_name ON domain_overview (name, domain_id);
CREATE INDEX domain_overview_by_badge ON domain_overview (badge_rank, name, domain_id);
CREATE INDEX domain_overview_by_term ON domain_overview (term_end_at, domain_id);
CREATE INDEX domain_overview_by_need ON domain_overview (need_rank, need_at, domain_id)
    WHERE need_rank > 0;
CREATE INDEX domain_overview_by_due ON domain_overview (due_at);
CREATE INDEX domain_overview_of_partner_by_name ON domain_overview (partner_id, name, domain_id);
CREATE INDEX domain_overview_of_partner_by_badge
    ON domain_overview (partner_id, badge_rank, name, domain_id);
CREATE INDEX domain_overview_of_partner_by_term
    ON domain_overview (partner_id, term_end_at, domain_id);
CREATE INDEX domain_overview_of_partner_by_need
    ON domain_overview (partner_id, need_rank, need_at, domain_id) WHERE need_rank > 0;
CREATE INDEX domain_overview_of_partner_by_due ON domain_overview (partner_id, due_at);
CREATE INDEX domain_overview_of_account_by_name ON domain_overview (account_id, name, domain_id);
CREATE INDEX domain_overview_of_account_by_badge
    ON domain_overview (account_id, badge_rank, name, domain_id);
CREATE INDEX domain_overview_of_account_by_term
    ON domain_overview (account_id, term_end_at, domain_id);
CREATE INDEX domain_overview_of_account_by_need
    ON domain_overview (account_id, need_rank, need_at, domain_id) WHERE need_rank > 0;
CREATE INDEX domain_overview_of_account_by_due ON domain_overview (account_id, due_at);
INSERT INTO domain_overview (domain_id, partner_id, account_id, name, badge, badge_rank, who_acts,
    need_rank, need_at, is_ordered, term_end_at, due_at, version)
    SELECT id, partner_id, account_id, name, 'not_secured', 3, 'nobody', 0, 0,
        CASE WHEN EXISTS (SELECT 1 FROM cert_order WHERE domain_id = domain.id) THEN 1 ELSE 0 END,
        9007199254740992, 0, 0
    FROM domain WHERE is_removed = 0;

-- The columns that accounts, sites and partners are sorted by: texts are folded, as name_key is.
ALTER TABLE account ADD COLUMN email_key {text} NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN partner_key {text} NOT NULL DEFAULT ''; -- the partner's name_key
ALTER TABLE partner ADD COLUMN name_key {text} NOT NULL DEFAULT '';
ALTER TABLE partner ADD COLUMN brand_key {text} NOT NULL DEFAULT '';
UPDATE partner SET name_key = LOWER(name), brand_key = LOWER(brand);
UPDATE account SET email_key = LOWER(email),
    partner_key = (SELECT name_key FROM partner WHERE partner.id = account.partner_id);
CREATE INDEX account_by_name ON account (name_key, id);
CREATE INDEX account_by_email ON account (email_key, id);
CREATE INDEX account_by_partner ON account (partner_key, id);
CREATE INDEX account_of_partner_by_name ON account (partner_id, name_key, id);
CREATE INDEX account_of_partner_by_email ON account (partner_id, email_key, id);
CREATE INDEX partner_by_name ON partner (name_key, id);
CREATE INDEX partner_by_brand ON partner (brand_key, id);
CREATE INDEX site_of_account_by_name ON site (account_id, name_key, id);
CREATE INDEX site_of_account_by_https ON site (account_id, is_https_on, name_key, id);
