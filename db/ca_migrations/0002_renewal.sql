-- Profiles, replacement and renewal information (RFC 9773), accounts that the CA has lost.

-- replaces: the id (RFC 9773 section 4.1) of the certificate that the order is to replace.
ALTER TABLE acme_order ADD COLUMN profile {text} NOT NULL DEFAULT 'classic';
ALTER TABLE acme_order ADD COLUMN replaces {text};
CREATE INDEX acme_order_replacing ON acme_order (replaces) WHERE replaces IS NOT NULL;

ALTER TABLE acme_authorization ADD COLUMN profile {text} NOT NULL DEFAULT 'classic';

-- renew_at: when an operator asked for its renewal.
ALTER TABLE certificate ADD COLUMN renew_at {int};

-- lost_at: it is as good as not there, and its key may make another account.
ALTER TABLE account ADD COLUMN lost_at {int};
