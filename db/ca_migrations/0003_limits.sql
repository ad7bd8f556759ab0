-- Rate limits (GCRA: one instant per bucket, in unix microseconds) and names that are paused.

-- tat_us: when the bucket is full again ("theoretical arrival time"). Without a row it is full.
CREATE TABLE rate_bucket (
    name {text} NOT NULL,
    subject {text} NOT NULL,
    tat_us {int} NOT NULL,
    PRIMARY KEY (name, subject)
) {strict};

-- A name that an account may not order until somebody has visited the account's page.
CREATE TABLE paused_name (
    account_id {int} NOT NULL REFERENCES account (id),
    name {text} NOT NULL,
    paused_at {int} NOT NULL,
    PRIMARY KEY (account_id, name)
) {strict};

-- The page of an account that has had a name paused.
CREATE TABLE unpause_page (
    account_id {int} PRIMARY KEY REFERENCES account (id),
    token {text} NOT NULL UNIQUE
) {strict};

-- Whether the same names had a certificate before.
CREATE INDEX certificate_of_names ON certificate (names, created_at);
