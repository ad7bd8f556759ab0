-- Several challenges for an authorization, all with its token; a row of `challenge` is the one that
-- its client has taken up, after which the others are gone.

ALTER TABLE acme_authorization ADD COLUMN token {text} NOT NULL DEFAULT '';
UPDATE acme_authorization SET token = (
    SELECT c.token FROM challenge c WHERE c.authorization_id = acme_authorization.id)
    WHERE EXISTS (SELECT 1 FROM challenge c WHERE c.authorization_id = acme_authorization.id);
DELETE FROM challenge WHERE status = 'pending';
ALTER TABLE challenge DROP COLUMN token;
DROP INDEX challenge_of_authorization;
CREATE UNIQUE INDEX challenge_of_authorization ON challenge (authorization_id);
