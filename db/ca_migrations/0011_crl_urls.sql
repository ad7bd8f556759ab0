-- What the URLs of its CRLs begin with in certificates of an issuer: those of its day, of plain HTTP.
CREATE TABLE crl_url (
    issuer_id {text} NOT NULL REFERENCES issuer (id),
    url {text} NOT NULL,
    PRIMARY KEY (issuer_id, url)
) {strict};
