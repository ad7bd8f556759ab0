-- SPDX-License-Identifier: Apache-2.0
-- Why a zone of ours (dns.update) could not be changed, as the operator was told, until it can be again.

CREATE TABLE zone_notice (
    zone {text} NOT NULL PRIMARY KEY,
    text {text} NOT NULL,
    told_at {int} NOT NULL
) {strict};
