-- SPDX-License-Identifier: Apache-2.0
-- When a name was first seen to pass under its present claim: a look that fails later does not undo it. Of what
-- was there before, the first certificate or the last look tells.

ALTER TABLE claim ADD COLUMN proven_at {int};
UPDATE claim SET proven_at = COALESCE(
    (SELECT MIN(certificate.created_at) FROM certificate JOIN issuance_name
        ON issuance_name.issuance_id = certificate.issuance_id
        WHERE certificate.domain_id = claim.domain_id AND certificate.created_at >= claim.created_at
        AND issuance_name.name = claim.name AND issuance_name.is_chosen <> 0),
    (SELECT passed_at FROM domain_name WHERE domain_name.domain_id = claim.domain_id
        AND domain_name.name = claim.name AND domain_name.passed_at >= claim.created_at))
    WHERE state = 'active';
