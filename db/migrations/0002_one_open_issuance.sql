-- SPDX-License-Identifier: Apache-2.0
-- A domain has one issuance under way. Of two that were left behind, the newest goes on.
-- `replaces_id`: the certificate in whose place the new one is asked for.

UPDATE issuance SET state = 'failed'
    WHERE state NOT IN ('live', 'failed')
      AND EXISTS (SELECT 1 FROM issuance newer
                  WHERE newer.domain_id = issuance.domain_id AND newer.id > issuance.id
                    AND newer.state NOT IN ('live', 'failed'));
CREATE UNIQUE INDEX uq_issuance_domain_id ON issuance (domain_id)
    WHERE state NOT IN ('live', 'failed');
ALTER TABLE issuance ADD COLUMN replaces_id {text};
