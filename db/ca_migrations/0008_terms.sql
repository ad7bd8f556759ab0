-- Terms of service that change (RFC 8555 section 7.3.3). Before the first row they are version 1.
CREATE TABLE terms (
    version {int} PRIMARY KEY,
    changed_at {int} NOT NULL
) {strict};

-- terms_version: what its holder has agreed to. agreement_page: where he may agree to others.
ALTER TABLE account ADD COLUMN terms_version {int} NOT NULL DEFAULT 1;
ALTER TABLE account ADD COLUMN agreement_page {text};
CREATE UNIQUE INDEX account_of_agreement_page ON account (agreement_page)
    WHERE agreement_page IS NOT NULL;
