-- SPDX-License-Identifier: Apache-2.0
-- Where more is due than can be looked at, partners take turns; what changes all the time is remembered, so that it is
-- not looked at all the time; when the parent was asked.

ALTER TABLE domain_watch ADD COLUMN partner_id {text} NOT NULL DEFAULT '';
ALTER TABLE domain_watch ADD COLUMN parent_at {int} NOT NULL DEFAULT 0;
ALTER TABLE domain_watch ADD COLUMN changes_tat {int} NOT NULL DEFAULT 0;
ALTER TABLE domain_watch ADD COLUMN facts {text} NOT NULL DEFAULT '';
UPDATE domain_watch SET partner_id = (SELECT partner_id FROM domain WHERE id = domain_watch.domain_id);
CREATE INDEX domain_watch_by_partner ON domain_watch (partner_id, look_at, domain_id);
