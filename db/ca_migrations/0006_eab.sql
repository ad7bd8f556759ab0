-- External account binding (RFC 8555 section 7.3.4).

-- is_once: it binds one account. used_at: when it last bound one.
CREATE TABLE eab_key (
    kid {text} PRIMARY KEY,
    mac_key {bytes} NOT NULL,
    name {text} NOT NULL,
    is_once {int} NOT NULL,
    created_at {int} NOT NULL,
    used_at {int},
    revoked_at {int}
) {strict};

CREATE INDEX eab_key_listed ON eab_key (created_at, kid) WHERE revoked_at IS NULL;

-- eab: the binding as the client sent it, which its account object shows.
ALTER TABLE account ADD COLUMN eab_kid {text};
ALTER TABLE account ADD COLUMN eab {text};
CREATE INDEX account_of_eab_key ON account (eab_kid) WHERE eab_kid IS NOT NULL;
