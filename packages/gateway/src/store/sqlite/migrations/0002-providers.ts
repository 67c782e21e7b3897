/**
 * Providers charge for writing into their caches, and do not always say which tier they served. Stored answers are those of the
 * Responses wire: 'answer' and 'input' are JSON where Offpeak keeps them itself, and null where the provider named in 'upstream' does.
 * Ids are the providers' own there, so one project's must not stand in the way of another's.
 */
export const sql = `
ALTER TABLE ledger ADD COLUMN cache_write_tokens INTEGER NOT NULL DEFAULT 0 CHECK (cache_write_tokens >= 0);
ALTER TABLE ledger ADD COLUMN tier_verified INTEGER NOT NULL DEFAULT 1 CHECK (tier_verified IN (0, 1));

CREATE TABLE responses (
  project TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  upstream TEXT,
  answer TEXT,
  input TEXT,
  chars INTEGER NOT NULL,
  CHECK ((upstream IS NULL) = (answer IS NOT NULL)),
  CHECK ((answer IS NULL) = (input IS NULL)),
  PRIMARY KEY (project, id)
) STRICT;
CREATE INDEX responses_expiry ON responses (expires_at);
CREATE INDEX responses_age ON responses (project, created_at);
`;
