-- A second chain that leads to another root (RFC 8555 section 7.4.2).
ALTER TABLE issuer ADD COLUMN alternate_pem {text};
